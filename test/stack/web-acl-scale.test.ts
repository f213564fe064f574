import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Api } from '../../lib/api.ts';
import { config } from '../../lib/config.ts';
import type { Plan, PlannedSource } from '../../lib/plan.ts';
import { WebAcl } from '../../lib/web-acl.ts';
import { capacityOf, capacityProblems } from '../../lib/web-acl-capacity.ts';
import { appForTests, planOf } from './stage.ts';

type Allow = PlannedSource['allow'];
const LISTED: Allow = { cidrs: ['52.206.68.0/24', '2600:1f18::/36'] };

/** The edge of a stage with so many sources. */
async function edgeOf(
  count: number,
  allowOf: (at: number) => Allow,
  { throttleOf }: { throttleOf?: (at: number) => PlannedSource['throttle'] } = {},
) {
  const {
    sources: [one],
    ...plan
  } = await planOf('prod');
  if (!one) throw new Error('The configuration has no source.');
  const sources = Array.from({ length: count }, (_, at): PlannedSource => {
    const throttle = throttleOf?.(at) ?? one.throttle;
    return { ...one, throttle, name: `source-number-${at}`, allow: allowOf(at) };
  });
  const many: Plan = { ...plan, settings: config.stages.prod, sources };
  const stack = new Stack(appForTests(), 'edge');
  const api = new Api(stack, 'Api', many);
  api.rest.root.addMethod('GET');
  new WebAcl(stack, 'WebAcl', { plan: many, stageArn: api.rest.deploymentStage.stageArn });
  return stack;
}

const rulesOf = (template: Template) =>
  Object.values(template.findResources('AWS::WAFv2::WebACL')).flatMap(
    ({ Properties }) => (Properties as { Rules: { Name: string; Statement: object }[] }).Rules,
  );

test('500 sources with one allowlist have as many rules, sets and REST resources as 2', async () => {
  const [few, many] = await Promise.all(
    [2, 500].map(async (count) => Template.fromStack(await edgeOf(count, () => LISTED))),
  );
  if (!few || !many) throw new Error('No templates.');
  expect(rulesOf(many).map(({ Name }) => Name)).toEqual(rulesOf(few).map(({ Name }) => Name));
  for (const type of ['AWS::ApiGateway::Resource', 'AWS::ApiGateway::Method', 'AWS::WAFv2::IPSet']) {
    expect(Object.keys(many.findResources(type))).toEqual(Object.keys(few.findResources(type)));
  }
  // Every expression is within what AWS WAF takes, and each name is in it once.
  const texts = [...JSON.stringify(rulesOf(many)).matchAll(/"RegexString":"([^"]+)"/g)].map(([, text]) => text ?? '');
  expect(Math.max(...texts.map(({ length }) => length))).toBeLessThanOrEqual(512);
  const refused = JSON.stringify(rulesOf(many).find(({ Name }) => Name === 'refuse'));
  for (let at = 0; at < 500; at++)
    expect(refused.match(new RegExp(`[:|]source-number-${at}[|)]`, 'g'))).toHaveLength(1);
});

test('23 allowlists of both families are within the limits, 24 are named at synth', async () => {
  const own = (at: number): Allow => ({ cidrs: [`52.206.${at}.0/24`, `2600:1f18:${at}::/48`] });
  expect((await edgeOf(23, own)).node.findAll().flatMap((it) => it.node.validate())).toEqual([]);
  expect((await edgeOf(24, own)).node.findAll().flatMap((it) => it.node.validate())).toEqual([
    'The web ACL mentions IP sets 51 times where AWS WAF allows 50: give sources the same allow in lib/config.ts, or split them over stages.',
  ]);
});

test('nine throttles of listed sources are within the limit, ten are named at synth', async () => {
  const problems = async (throttles: number) => {
    const ofItsOwn = (at: number) => ({ requestsPerMinute: 100 + (at % throttles) });
    const stack = await edgeOf(throttles + 1, () => LISTED, { throttleOf: ofItsOwn });
    return stack.node.findAll().flatMap((it) => it.node.validate());
  };
  expect(await problems(9)).toEqual([]);
  expect(await problems(10)).toEqual([
    'The web ACL has 11 rules that limit rates where AWS WAF allows 10, one for all addresses and one for each throttle: give more sources the same throttle in lib/config.ts, or split them over stages.',
  ]);
});

test('what rules cost is counted as AWS WAF does', () => {
  const path = { fieldToMatch: { uriPath: {} }, textTransformations: [{ priority: 0, type: 'NONE' }] };
  const regex = { regexMatchStatement: { ...path, regexString: '^/x$' } };
  const set = { ipSetReferenceStatement: { arn: 'arn' } };
  const decoded = {
    byteMatchStatement: {
      fieldToMatch: { uriPath: {} },
      positionalConstraint: 'CONTAINS',
      searchString: '/..',
      textTransformations: [{ priority: 0, type: 'URL_DECODE' }],
    },
  };
  expect(capacityOf([{ statement: { andStatement: { statements: [regex, set] } }, labels: ['a'] }])).toBe(5);
  expect(capacityOf([{ statement: { notStatement: { statement: decoded } } }])).toBe(20);
  expect(
    capacityOf([
      {
        statement: {
          rateBasedStatement: {
            limit: 10,
            aggregateKeyType: 'CUSTOM_KEYS',
            customKeys: [{ uriPath: { textTransformations: [] } }],
            scopeDownStatement: regex,
          },
        },
      },
    ]),
  ).toBe(35);
  expect(
    capacityProblems(
      Array.from({ length: 1_700 }, () => ({ statement: regex })),
      [],
    ),
  ).toEqual(['The web ACL needs 5100 capacity units where AWS WAF allows 5000: let sources share a stage less.']);
  expect(capacityProblems([], [Array.from({ length: 10_001 }, (_, at) => String(at))])).toEqual([
    'An allow in lib/config.ts has 10001 CIDRs where an IP set takes 10000: join some.',
  ]);
});
