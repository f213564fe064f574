import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { config, type GatewayConfig } from '../../lib/config.ts';
import type { GatewayStack } from '../../lib/gateway-stack.ts';
import { appForTests, planOf, stackOf } from './stage.ts';

/** Rules broken and not acknowledged, by AWS's own pack for well-architected stacks. */
async function findings(
  stage: string,
  change: (stack: GatewayStack) => void = () => {},
  configuration: GatewayConfig = config,
) {
  const app = appForTests();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const stack = stackOf(await planOf(stage, configuration), app);
  change(stack);
  let thrown: unknown;
  try {
    app.synth();
  } catch (error) {
    thrown = error;
  }
  const report = JSON.parse(readFileSync(join(app.outdir, 'validation-report.json'), 'utf8')) as {
    readonly pluginReports: readonly {
      readonly pluginName: string;
      readonly violations: readonly { readonly ruleName: string }[];
    }[];
  };
  const rules = report.pluginReports.flatMap(({ violations }) => violations.map(({ ruleName }) => ruleName));
  expect(thrown !== undefined).toBe(rules.length > 0);
  return { rules, stack };
}

test.each(Object.keys(config.stages))('the stack of stage %s breaks none of the AwsSolutions rules', async (stage) => {
  expect((await findings(stage)).rules).toEqual([]);
});

test('nor does one with a rotation, a group of secrets and an inbox', async () => {
  const allow = { anywhere: true, reason: 'a test' } as const;
  const routes = ['scalekit/user-created'];
  const rotation = { everyDays: 90, settings: { repository: 'acme/shop', hook: '1' }, credential: 'github-hooks' };
  const sources: GatewayConfig['sources'] = [
    { name: 'shop', provider: 'github', allow, routes, rotation },
    { name: 'eu', provider: 'stripe', allow, routes, secretGroup: 'payments', inbox: 'on' },
  ];
  const { rules } = await findings('prod', undefined, { ...config, sources: [...config.sources, ...sources] });
  expect(rules).toEqual([]);
});

test('nor does one with groups', async () => {
  const sources = config.sources.map((source, at) => ({ ...source, group: `group-${at}` }));
  expect((await findings('prod', undefined, { ...config, sources })).rules).toEqual([]);
});

test('the rules were asked about a whole stack', async () => {
  const template = Template.fromStack(stackOf(await planOf('prod')));
  expect(Object.keys(template.toJSON().Resources as object).length).toBeGreaterThan(150);
});

test('a resource that breaks a rule is found', async () => {
  const { rules } = await findings('prod', (stack) => void new Bucket(stack, 'Careless'));
  expect(rules).toEqual(expect.arrayContaining(['AwsSolutions-S1', 'AwsSolutions-S10']));
});

/** What is acknowledged of a stack and those nested in it, with the reasons. */
function acknowledgedBy(stack: GatewayStack): readonly (readonly [rule: string, reason: string])[] {
  return stack.node
    .findAll()
    .flatMap(({ node }) => node.metadata)
    .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
    .flatMap(({ data }) => Object.entries(data as Readonly<Record<string, string>>))
    .map(([id, reason]) => [id.replace('Annotation::AwsSolutions-', '').replace(/[0-9A-F]{8}/, ''), reason]);
}

test('these rules are acknowledged and no other, each with its reason beside the construct', async () => {
  const acknowledged = acknowledgedBy((await findings('prod')).stack);
  expect([...new Set(acknowledged.map(([rule]) => rule))].sort()).toEqual([
    'APIG4',
    'COG4',
    'IAM5[Resource::*]',
    'IAM5[Resource::<RecordsPayloads.Arn>/*]',
    'IAM5[Resource::arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:/hookgate/prod/*:*]',
    'S1',
    'SMG4',
  ]);
  // What the admin function may do everywhere is acknowledged at its own role only.
  expect(acknowledged.filter(([, reason]) => reason.includes('cloudwatch:DescribeAlarms'))).toHaveLength(1);
  for (const [, reason] of acknowledged) expect(reason.split(' ').length).toBeGreaterThan(5);
});

/** How docs/controls.md calls them. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^(APIG4|COG4)$/, 'APIG4, COG4'],
  [/^IAM5\[Resource::\*\]$/, 'IAM5, `*`'],
  [/^IAM5\[Resource::<\w*RecordsPayloads\.?Arn>\/\*\]$/, "IAM5, the bucket's objects"],
  [/^IAM5\[Resource::<RecordsPayloads\.Arn>\/inbox\/\*\]$/, 'IAM5, objects of the inbox'],
  [/^IAM5\[Resource::arn:[^[\]]+:log-group:\/hookgate\/prod\/\*:\*\]$/, 'IAM5, log groups'],
  [/^IAM5\[Resource::arn:[^[\]]+:secret:hookgate\/prod\/\*\]$/, 'IAM5, secrets of groups'],
  [/^IAM5\[Resource::arn:<AWS::Partition>:sqs:[^[\]]+:hookgate-prod-\*[a-z.-]*\]$/, 'IAM5, queues of groups'],
  [/^S1$/, 'S1'],
  [/^SMG4$/, 'SMG4'],
];

test('with an inbox and groups there are as many as the page says, and the page has each', async () => {
  const sources = config.sources.map((source, at) => ({ ...source, group: `group-${at}`, inbox: 'on' as const }));
  const { stack } = await findings('prod', undefined, { ...config, sources });
  const rules = [...new Set(acknowledgedBy(stack).map(([rule]) => rule))];
  const found = rules.map((rule) => NAMES.find(([pattern]) => pattern.test(rule))?.[1] ?? rule);
  const page = readFileSync(join(__dirname, '../../docs/controls.md'), 'utf8');
  const [, table = ''] = /\n## cdk-nag\n([^]*?)\n## /.exec(page) ?? [];
  const rows = [...table.matchAll(/^\| ([A-Z][^|]*?) +\|/gm)].map(([, rule = '']) => rule);
  expect([...new Set(found)].sort()).toEqual(rows.sort());
});
