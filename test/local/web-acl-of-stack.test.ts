import { Template } from 'aws-cdk-lib/assertions';
import type { TemplateResource } from '../../local/template/assembly.ts';
import { readTemplate } from '../../local/template/read.ts';
import { normalise } from '../../local/waf/addresses.ts';
import { webAclEvaluator } from '../../local/waf/web-acl.ts';
import { config, type SourceConfig } from '../../lib/config.ts';
import { planOf, stackOf } from '../stack/stage.ts';

const routes = ['scalekit/user-created'];
const sources: readonly SourceConfig[] = [
  { name: 'listed', provider: 'scalekit', routes, allow: { cidrs: ['52.206.68.0/24', '2600:1f18::/36'] } },
  { name: 'open', provider: 'inkress', routes, allow: { anywhere: true, reason: 'It publishes none.' } },
  { name: 'followed', provider: 'github', routes, allow: { published: 'enforce', cidrs: ['192.30.252.0/22'] } },
  { name: 'observed', provider: 'stripe', routes, allow: { published: 'observe' } },
];
const OFFICE = ['198.51.100.0/24'];
const LISTED = '52.206.68.9';
const LISTED_V6 = '2600:1f18:0fff::1';
const STRANGER = '203.0.113.9';
const STRANGER_V6 = '2001:db8::9';

let template: Record<string, TemplateResource>;
beforeAll(async () => {
  const prod = config.stages.prod;
  const plan = await planOf('prod', {
    sources,
    stages: {
      prod: {
        ...prod,
        adminAllow: { cidrs: OFFICE },
        blocking: 'enforce',
        limits: { ...prod.limits, perAddress: { requestsPerMinute: 20 }, perSource: { requestsPerMinute: 30 } },
      },
    },
  });
  const all = (Template.fromStack(stackOf(plan)).toJSON() as { Resources: Record<string, TemplateResource> }).Resources;
  template = Object.fromEntries(
    Object.entries(all).filter(([, { Type }]) => ['AWS::WAFv2::IPSet', 'AWS::WAFv2::WebACL'].includes(Type)),
  );
});

/** The web ACL as the template has it, and the sets that it looks into. */
function webAcl() {
  const { desired } = readTemplate(
    { stackName: 'test', template: { Resources: template }, assets: new Map() },
    {
      stackName: 'test',
      region: 'us-east-1',
      account: '000000000000',
      endpoints: { dynamodb: '', sqs: '', secretsmanager: '', s3: '' },
      assets: new Map(),
    },
  );
  const [acl] = desired.webAcls;
  if (!acl) throw new Error('The template has no web ACL.');
  const evaluate = webAclEvaluator(acl, desired.ipSets);
  const ask = (path: string, address: string, now = 0): string => {
    const verdict = evaluate(
      { path, query: '', method: 'POST', sourceIp: normalise(address), headers: { 'content-length': '100000' } },
      now,
    );
    return verdict.allowed ? 'allowed' : `${verdict.rule} ${verdict.response?.status}`;
  };
  return { ask, sets: desired.ipSets };
}

test.each([
  ['an address of the list', '/webhooks/listed', LISTED, 'allowed'],
  ['an address of the list, at the API’s own URL', '/prod/webhooks/listed', LISTED, 'allowed'],
  ['an IPv6 address of the list', '/webhooks/listed', LISTED_V6, 'allowed'],
  ['an IPv4 address of the list in IPv6 clothes', '/webhooks/listed', `::ffff:${LISTED}`, 'allowed'],
  ['the address after the list’s last', '/webhooks/listed', '52.206.69.0', 'refuse 403'],
  ['a stranger', '/webhooks/listed', STRANGER, 'refuse 403'],
  ['a stranger by IPv6', '/webhooks/listed', STRANGER_V6, 'refuse 403'],
  ['the listed address at another source', '/webhooks/followed', LISTED, 'refuse 403'],
  ['anybody where anybody may', '/webhooks/open', STRANGER, 'allowed'],
  ['anybody by IPv6 where anybody may', '/webhooks/open', STRANGER_V6, 'allowed'],
  ['a stranger where a published list is observed', '/webhooks/observed', STRANGER, 'allowed'],
  ['an own address beside a published list', '/webhooks/followed', '192.30.252.1', 'allowed'],
  ['a stranger where a published list is enforced', '/webhooks/followed', STRANGER, 'refuse 403'],
  ['the office at the admin API', '/admin/events', '198.51.100.7', 'allowed'],
  ['a stranger at the admin API', '/admin/events', STRANGER, 'refuse 403'],
  ['the office out of the admin API', '/admin/../webhooks/listed', '198.51.100.7', 'refuse 403'],
  ['the office out of the admin API, encoded', '/admin/%2e%2e/webhooks/listed', '198.51.100.7', 'refuse 403'],
  ['no source', '/webhooks/', LISTED, 'Default_Action 404'],
  ['an unknown source', '/webhooks/unknown', LISTED, 'Default_Action 404'],
  ['another stage', '/dev/webhooks/open', STRANGER, 'Default_Action 404'],
  ['the stage twice', '/prod/prod/webhooks/open', STRANGER, 'Default_Action 404'],
  ['a slash more', '//webhooks/open', STRANGER, 'Default_Action 404'],
  ['a slash more between', '/webhooks//open', STRANGER, 'Default_Action 404'],
  ['a slash at the end', '/webhooks/open/', STRANGER, 'Default_Action 404'],
  ['a name that begins so', '/webhooks/open2', STRANGER, 'Default_Action 404'],
  ['a name that ends so', '/webhooks/reopen', STRANGER, 'Default_Action 404'],
  ['a path below', '/webhooks/open/x', STRANGER, 'Default_Action 404'],
  ['capitals', '/webhooks/OPEN', STRANGER, 'Default_Action 404'],
  ['an encoded letter', '/webhooks/%6fpen', STRANGER, 'Default_Action 404'],
  ['an encoded slash', '/webhooks%2fopen', STRANGER, 'Default_Action 404'],
  ['an encoded line break at the end', '/webhooks/open%0a', STRANGER, 'Default_Action 404'],
  ['a step up', '/webhooks/listed/../open', STRANGER, 'Default_Action 404'],
  ['an encoded step up', '/webhooks/listed/%2e%2e/open', STRANGER, 'Default_Action 404'],
  ['a semicolon', '/webhooks/open;x', STRANGER, 'Default_Action 404'],
  ['a backslash', '/webhooks\\open', STRANGER, 'Default_Action 404'],
  ['a null byte', '/webhooks/open%00', STRANGER, 'Default_Action 404'],
  ['nothing', '/', STRANGER, 'Default_Action 404'],
])('%s: %s from %s → %s', (_, path, address, expected) => {
  expect(webAcl().ask(path, address)).toBe(expected);
});

test('an address of a published list is let in once a function has put it into the provider’s set, and no longer', () => {
  const { ask, sets } = webAcl();
  const [set] = [...sets.keys()].filter((arn) => /PublishedgithubIPV6/.test(arn));
  expect(ask('/webhooks/followed', '2a0a:a440::7')).toBe('refuse 403');
  sets.set(String(set), ['2a0a:a440::/29']);
  expect(ask('/webhooks/followed', '2a0a:a440::7')).toBe('allowed');
  sets.set(String(set), []);
  expect(ask('/webhooks/followed', '2a0a:a440::7')).toBe('refuse 403');
});

test('an address whose signatures keep failing is refused everywhere but where it is listed, and let in again', () => {
  const { ask, sets } = webAcl();
  const [set] = [...sets.keys()].filter((arn) => /BlockedIPV4/.test(arn));
  sets.set(String(set), [`${STRANGER}/32`, `${LISTED}/32`]);
  expect(ask('/webhooks/open', STRANGER)).toBe('blocked 403');
  expect(ask('/webhooks/open', '203.0.113.10')).toBe('allowed');
  expect(ask('/webhooks/listed', LISTED)).toBe('allowed');
  sets.set(String(set), []);
  expect(ask('/webhooks/open', STRANGER)).toBe('allowed');
});

test('an address is limited over all that it calls, before anything else, and others are not', () => {
  const { ask } = webAcl();
  for (let sent = 0; sent < 20; sent++) ask(sent % 2 === 0 ? '/' : '/webhooks/open', STRANGER, 1_000);
  expect(ask('/webhooks/open', STRANGER, 1_000)).toBe('rate-by-address 429');
  expect(ask('/webhooks/open', '203.0.113.10', 1_000)).toBe('allowed');
  expect(ask('/webhooks/open', STRANGER, 70_000)).toBe('allowed');
});

test('a listed source is limited over all addresses of its list, and strangers use up nothing of its share', () => {
  const { ask } = webAcl();
  const from = (at: number) => `52.206.68.${at}`;
  for (let sent = 0; sent < 200; sent++) ask('/webhooks/listed', `203.0.113.${sent}`, 1_000);
  for (let sent = 0; sent < 30; sent++) expect(ask('/webhooks/listed', from(sent), 1_000)).toBe('allowed');
  expect(ask('/webhooks/listed', from(31), 1_000)).toBe('rate-by-source-1 429');
  expect(ask('/webhooks/open', STRANGER, 1_000)).toBe('allowed');
});

test.each([
  ['anybody may call', '/webhooks/open', LISTED],
  ['a published list is observed', '/webhooks/observed', '3.18.12.63'],
])('where %s, strangers use up nothing before the signature but their own addresses’ limits', (_, path, provider) => {
  const { ask } = webAcl();
  for (let sent = 0; sent < 1_000; sent++) ask(path, STRANGER, 1_000);
  for (let at = 0; at < 200; at++) expect(ask(path, `198.18.0.${at}`, 1_000)).toBe('allowed');
  expect(ask(path, STRANGER, 1_000)).toBe('rate-by-address 429');
  expect(ask(path, provider, 1_000)).toBe('allowed');
});
