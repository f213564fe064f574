import { webAcl } from '../../local/resources/web-acl.ts';
import { nothingDesired } from '../../local/template/desired.ts';
import type { Place } from '../../local/template/resource-type.ts';
import { normalise } from '../../local/waf/addresses.ts';
import { type WafRequest, type WafVerdict, webAclEvaluator } from '../../local/waf/web-acl.ts';

const OFFICE = 'arn:office';
const place: Place = {
  stackName: 'test',
  region: 'us-east-1',
  account: '000000000000',
  endpoints: { dynamodb: '', sqs: '', secretsmanager: '', s3: '' },
  assets: new Map(),
};
const path = (search: string, position = 'EXACTLY', type = 'NONE') => ({
  ByteMatchStatement: {
    FieldToMatch: { UriPath: {} },
    PositionalConstraint: position,
    SearchString: search,
    TextTransformations: [{ Priority: 0, Type: type }],
  },
});
const label = { LabelMatchStatement: { Scope: 'LABEL', Key: 'known' } };
const rules = [
  {
    Name: 'too-many',
    Priority: 0,
    Action: {
      Block: { CustomResponse: { ResponseCode: 429, ResponseHeaders: [{ Name: 'retry-after', Value: '30' }] } },
    },
    Statement: { RateBasedStatement: { AggregateKeyType: 'IP', Limit: 10, EvaluationWindowSec: 60 } },
  },
  { Name: 'admit', Priority: 2, Action: { Allow: {} }, Statement: label },
  {
    Name: 'know',
    Priority: 1,
    Action: { Count: {} },
    RuleLabels: [{ Name: 'known' }],
    Statement: {
      AndStatement: { Statements: [path('/webhooks/acme'), { IPSetReferenceStatement: { Arn: OFFICE } }] },
    },
  },
  { Name: 'refuse', Priority: 3, Action: { Block: {} }, Statement: path('/webhooks/acme') },
];

function evaluator(): (request: WafRequest, now: number) => WafVerdict {
  const desired = nothingDesired();
  const properties = {
    Rules: rules,
    DefaultAction: { Block: { CustomResponse: { ResponseCode: 404, CustomResponseBodyKey: 'nothing' } } },
    CustomResponseBodies: { nothing: { ContentType: 'TEXT_PLAIN', Content: 'nothing here' } },
  };
  webAcl.add({ id: 'Acl', type: webAcl.type, properties }, place, desired);
  const [acl] = desired.webAcls;
  if (!acl) throw new Error('no web ACL');
  return webAclEvaluator(acl, new Map([[OFFICE, ['192.0.2.0/24', '2001:db8::/32']]]));
}

const request = (uri: string, sourceIp: string): WafRequest => ({
  path: uri,
  query: '',
  method: 'POST',
  sourceIp: normalise(sourceIp),
  headers: {},
});

test.each([
  ['an address of the list', '/webhooks/acme', '192.0.2.7', 'allowed'],
  ['an IPv6 address of the list', '/webhooks/acme', '2001:db8::1', 'allowed'],
  ['an IPv4 address in IPv6 clothes', '/webhooks/acme', '::ffff:192.0.2.7', 'allowed'],
  ['another address', '/webhooks/acme', '198.51.100.1', 'refuse'],
  ['another IPv6 address', '/webhooks/acme', '2001:db9::1', 'refuse'],
  ['a path with a slash more', '/webhooks//acme', '192.0.2.7', 'Default_Action'],
  ['a path with a slash at its end', '/webhooks/acme/', '192.0.2.7', 'Default_Action'],
  ['an encoded path', '/webhooks/%61cme', '192.0.2.7', 'Default_Action'],
  ['a path in capitals', '/webhooks/ACME', '192.0.2.7', 'Default_Action'],
])('%s: %s from %s → %s', (_, uri, address, expected) => {
  const verdict = evaluator()(request(uri, address), 0);
  expect(verdict.allowed ? 'allowed' : verdict.rule).toBe(expected);
});

test('a block without a response of its own is left to the gateway, the default has its own', () => {
  const evaluate = evaluator();
  expect(evaluate(request('/webhooks/acme', '198.51.100.1'), 0)).toEqual({ allowed: false, rule: 'refuse' });
  expect(evaluate(request('/', '198.51.100.1'), 0)).toMatchObject({
    response: { status: 404, contentType: 'text/plain', body: 'nothing here' },
  });
});

test('an address over its rate is blocked, others are not, and its time comes again', () => {
  const evaluate = evaluator();
  for (let sent = 0; sent < 10; sent += 1) evaluate(request('/webhooks/acme', '192.0.2.7'), 1000);
  expect(evaluate(request('/webhooks/acme', '192.0.2.7'), 1000)).toMatchObject({
    rule: 'too-many',
    response: { status: 429, headers: { 'retry-after': '30' } },
  });
  expect(evaluate(request('/webhooks/acme', '192.0.2.8'), 1000)).toEqual({ allowed: true });
  expect(evaluate(request('/webhooks/acme', '192.0.2.7'), 70_000)).toEqual({ allowed: true });
});

test('a statement that this host does not evaluate is named, never passed over', () => {
  const unknown = { Name: 'sql', Priority: 9, Action: { Block: {} }, Statement: { SqliMatchStatement: {} } };
  const properties = { Rules: [unknown], DefaultAction: { Allow: {} } };
  expect(() => webAcl.add({ id: 'Acl', type: webAcl.type, properties }, place, nothingDesired())).toThrow(
    'Acl, rule sql: the local host does not evaluate SqliMatchStatement.',
  );
});
