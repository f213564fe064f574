import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { config, type GatewayConfig, type SourceConfig, type StageConfig } from '../../lib/config.ts';
import { load } from '../../lib/load.ts';
import { gatewayOf } from '../../lib/plan.ts';
import { planOf } from './stage.ts';

const processorsDirectory = resolve(import.meta.dirname, 'fixtures', 'processors');

const good: SourceConfig = {
  name: 'crm',
  provider: 'scalekit',
  allow: { cidrs: ['203.0.113.0/24', '2001:db8::/32'] },
  routes: ['odd/one'],
};
const stage: StageConfig = config.stages.prod;

async function problems(sources: readonly object[], settings: object = {}, name = 'prod'): Promise<readonly string[]> {
  const spoilt = { sources, stages: { [name]: { ...stage, ...settings } } } as unknown as GatewayConfig;
  const loaded = await load({
    config: spoilt,
    stages: [name],
    providers: ['scalekit', 'inkress'],
    processorsDirectory,
  });
  return 'problems' in loaded ? loaded.problems : [];
}

test('a good configuration has no problem', async () => {
  expect(await problems([good])).toEqual([]);
});

test.each<[string, object, string]>([
  [
    'a group that can’t name a stack',
    { group: 'Group 1' },
    "Source 'crm' in lib/config.ts has the group 'Group 1': use 1 to 32 lower-case letters, digits and hyphens, no hyphen first.",
  ],
  [
    'such a group of a route',
    { routes: [{ processor: 'odd/one', group: '-' }] },
    "Source 'crm' in lib/config.ts has the group '-': use 1 to 32 lower-case letters, digits and hyphens, no hyphen first.",
  ],
  [
    'a route whose queue looks like one of dead letters',
    { routes: ['odd/one-dead'] },
    "Source 'crm' in lib/config.ts has route 'odd/one-dead', whose queue would be taken for one of dead letters or parked events: rename its processor file.",
  ],
  [
    'a provider that there is not',
    { provider: 'stripe' },
    "Source 'crm' in lib/config.ts names the provider 'stripe', which is not in lambdas/providers: name one of scalekit, inkress, or add its file.",
  ],
  [
    'what is no CIDR',
    { allow: { cidrs: ['203.0.113.0/33'] } },
    "Source 'crm' in lib/config.ts has '203.0.113.0/33' in allow.cidrs, which is no CIDR: write it as 203.0.113.0/24 or 2001:db8::/32.",
  ],
  [
    'an address without a prefix',
    { allow: { cidrs: ['203.0.113.7'] } },
    "Source 'crm' in lib/config.ts has '203.0.113.7' in allow.cidrs, which is no CIDR: write it as 203.0.113.0/24 or 2001:db8::/32.",
  ],
  ...(
    [
      ['10.1/16', 'an address of two numbers'],
      ['0x0a.0.0.0/8', 'a number in base sixteen'],
      ['010.0.0.0/8', 'a number that some read in base eight'],
      ['203.0.113.024/32', 'a number that begins with a zero'],
      ['167772160/8', 'an address in one number'],
      ['fe80::1%eth0/64', 'an address with a zone'],
      ['203.0.113.0/024', 'a prefix that begins with a zero'],
      [' 203.0.113.0/24', 'a space before it'],
    ] as const
  ).map(([cidr, what]): [string, object, string] => [
    what,
    { allow: { cidrs: [cidr] } },
    `Source 'crm' in lib/config.ts has '${cidr}' in allow.cidrs, which is no CIDR: write it as 203.0.113.0/24 or 2001:db8::/32.`,
  ]),
  [
    'everybody as a CIDR',
    { allow: { cidrs: ['0.0.0.0/0'] } },
    "Source 'crm' in lib/config.ts has '0.0.0.0/0' in allow.cidrs, which is everybody: write { anywhere: true, reason: '…' } if that is meant.",
  ],
  [
    'everybody as an IPv6 CIDR',
    { allow: { cidrs: ['::/0'] } },
    "Source 'crm' in lib/config.ts has '::/0' in allow.cidrs, which is everybody: write { anywhere: true, reason: '…' } if that is meant.",
  ],
  [
    'an IPv4 address in IPv6 form',
    { allow: { cidrs: ['::ffff:203.0.113.0/120'] } },
    "Source 'crm' in lib/config.ts has '::ffff:203.0.113.0/120' in allow.cidrs, an IPv4 address in IPv6 form that AWS WAF never matches: write the IPv4 CIDR.",
  ],
  [
    'no address at all',
    { allow: { cidrs: [] } },
    "Source 'crm' in lib/config.ts has no address in allow.cidrs, so nobody could call it: list CIDRs, or write { anywhere: true, reason }.",
  ],
  [
    'published addresses of a provider that publishes none',
    { allow: { published: 'observe' } },
    "Source 'crm' in lib/config.ts follows the published addresses of 'scalekit', whose declaration names no list: add addressList to lambdas/providers/scalekit.ts, or list CIDRs.",
  ],
  [
    'anywhere without a reason',
    { allow: { anywhere: true, reason: ' ' } },
    "Source 'crm' in lib/config.ts has allow.anywhere without a reason: write down why the addresses can't be listed.",
  ],
  [
    'a name that is no part of a URL',
    { name: 'CRM_1' },
    "Source 'CRM_1' in lib/config.ts has a name that can't be part of its URL: use 1 to 63 lower-case letters, digits and hyphens, no hyphen first.",
  ],
  [
    'a name that begins with a hyphen',
    { name: '-crm' },
    "Source '-crm' in lib/config.ts has a name that can't be part of its URL: use 1 to 63 lower-case letters, digits and hyphens, no hyphen first.",
  ],
  [
    'a queue whose name is too long',
    { name: 'c'.repeat(60) },
    `Source '${'c'.repeat(60)}' in lib/config.ts has route 'odd/one', whose queue 'hookgate-prod-${'c'.repeat(60)}-one-parked' has 85 characters where SQS allows 80: shorten the source's name or the file's.`,
  ],
  [
    'a body larger than a function can be handed',
    { maxBodyBytes: 4_194_305 },
    "Source 'crm' in lib/config.ts has maxBodyBytes 4194305, more than a function can be handed: give at most 4194304 (4 MiB).",
  ],
  [
    'a body of no size',
    { maxBodyBytes: 0 },
    "Source 'crm' in lib/config.ts has maxBodyBytes 0: give a whole number of bytes above 0.",
  ],
  [
    'a silence of part of an hour',
    { silentAfter: Duration.minutes(90) },
    "Source 'crm' in lib/config.ts has silentAfter 5400 s: CloudWatch looks back whole hours, from 1 to 168.",
  ],
  [
    'a silence of more than a week',
    { silentAfter: Duration.hours(169) },
    "Source 'crm' in lib/config.ts has silentAfter 608400 s: CloudWatch looks back whole hours, from 1 to 168.",
  ],
  [
    'a share that AWS WAF does not take',
    { throttle: { requestsPerMinute: 9 } },
    "Source 'crm' in lib/config.ts has throttle.requestsPerMinute 9: AWS WAF takes whole numbers from 10.",
  ],
  [
    'a limit that nothing fits under',
    { admitPerMinute: 0 },
    "Source 'crm' in lib/config.ts has admitPerMinute 0: it takes whole numbers from 1.",
  ],
  [
    'no route',
    { routes: [] },
    "Source 'crm' in lib/config.ts has no route, so nothing would ever run: name a processor in routes.",
  ],
  [
    'a route to a file that there is not',
    { routes: ['odd/gone'] },
    "Source 'crm' in lib/config.ts routes to 'odd/gone', but there is no lambdas/processors/odd/gone.ts: add the file, or remove the route.",
  ],
  [
    'a route out of the folder',
    { routes: ['../../core/record'] },
    "Source 'crm' in lib/config.ts routes to '../../core/record', which is not <folder>/<file> in lower-case letters, digits and hyphens: name a file of lambdas/processors without .ts.",
  ],
  [
    'a route to a file that exports no processor',
    { routes: ['odd/plain'] },
    "Source 'crm' in lib/config.ts routes to 'odd/plain', but lambdas/processors/odd/plain.ts exports no processor: write `export default processor({ on, schema, handler })`, or with handleBatch in the handler's place.",
  ],
  [
    'a route to a processor without a handler',
    { routes: ['odd/handless'] },
    "Source 'crm' in lib/config.ts routes to 'odd/handless', but lambdas/processors/odd/handless.ts exports no processor: write `export default processor({ on, schema, handler })`, or with handleBatch in the handler's place.",
  ],
  [
    'a route to a file that fails',
    { routes: ['odd/broken'] },
    "Source 'crm' in lib/config.ts routes to 'odd/broken', but lambdas/processors/odd/broken.ts can't be loaded (the database driver is missing): mend the file.",
  ],
  [
    'two routes for one type',
    { routes: ['odd/one', 'odd/other'] },
    "Source 'crm' in lib/config.ts sends 'user.created' to both 'odd/one' and 'odd/other': change `on` in lambdas/processors/odd/other.ts, or remove one of the routes.",
  ],
  [
    'two routes of one name',
    { routes: ['odd/one', 'odder/one'] },
    "Source 'crm' in lib/config.ts has two routes 'one': remove one, or rename its processor file; queues carry that name.",
  ],
  [
    'fewer batches at once than Lambda takes',
    { routes: [{ processor: 'odd/one', maximumConcurrency: 1 }] },
    "Source 'crm' in lib/config.ts gives route 'odd/one' maximumConcurrency 1: Lambda takes whole numbers from 2.",
  ],
])('%s is refused', async (_, spoilt, sentence) => {
  expect(await problems([{ ...good, ...spoilt }])).toEqual([sentence]);
});

test('published addresses that begin with nobody are refused, unless they only observe or others are named beside', async () => {
  const following = (allow: SourceConfig['allow']) =>
    planOf('prod', {
      ...config,
      sources: [{ name: 'crm', provider: 'github', routes: ['scalekit/user-created'], allow }],
    });
  await expect(following({ published: 'enforce' })).rejects.toThrow(
    "Source 'crm' in lib/config.ts enforces published addresses of which none is known before they are first fetched, so nobody could call it until then: give allow.cidrs to begin with, or published: 'observe'.",
  );
  await expect(following({ published: 'observe' })).resolves.toMatchObject({ stage: 'prod' });
  await expect(following({ published: 'enforce', cidrs: ['192.30.252.0/22'] })).resolves.toMatchObject({
    stage: 'prod',
  });
});

test('a pattern and a table that only look as if they worked are refused', async () => {
  expect(await problems([{ ...good, routes: ['odd/pattern'] }])).toEqual([
    "lambdas/processors/odd/pattern.ts takes 'user.*.created', which is no pattern: use an exact event type, `prefix.*`, or `*`.",
    "lambdas/processors/odd/pattern.ts names the table 'Users': use lower-case letters, digits and hyphens, a letter first, at most 63.",
  ]);
});

test('a processor without a schema, and options that there are none of, are refused', async () => {
  expect(await problems([{ ...good, routes: ['odd/schemaless'] }])).toEqual([
    "lambdas/processors/odd/schemaless.ts has a schema that is none: give one of zod, valibot or arktype, or whatever has '~standard'.validate.",
    'lambdas/processors/odd/schemaless.ts has the option table, which is none: there are kind, on, schema, tables, retry, timeout, ordered, handler, handleBatch.',
    'lambdas/processors/odd/schemaless.ts has the option retry.trys, which is none: there are tries, firstWait, longestWait, deadLetters.',
    'lambdas/processors/odd/schemaless.ts has retry.deadLetters "no": give true or false.',
  ]);
});

test('a retry policy and a timeout that can not be kept are refused', async () => {
  expect(await problems([{ ...good, routes: ['odd/hasty'] }])).toEqual([
    "lambdas/processors/odd/hasty.ts has retry.tries 9: give 1 to 5; the queue's other 5 receives are for waiting while the breaker is open.",
    'lambdas/processors/odd/hasty.ts has retry.longestWait 86400: give whole seconds from 1 to 41400, SQS hides no message longer.',
    'lambdas/processors/odd/hasty.ts has timeout 900: give whole seconds from 3 to 300.',
  ]);
});

test('two sources of one name are refused', async () => {
  expect(await problems([good, { ...good, provider: 'inkress' }])).toEqual([
    "Source 'crm' is configured twice in lib/config.ts: rename one, the name is its URL.",
  ]);
});

test('two routes that would share a queue are refused', async () => {
  const sources = [
    { ...good, name: 'crm', routes: ['odd/two-one'] },
    { ...good, name: 'crm-two', routes: ['odd/one'] },
  ];
  const shared = (queue: string) =>
    `Routes 'crm/two-one' and 'crm-two/one' in lib/config.ts would share the queue '${queue}': rename a source or a processor file.`;
  expect(await problems(sources)).toEqual([
    shared('hookgate-prod-crm-two-one'),
    shared('hookgate-prod-crm-two-one-dead'),
    shared('hookgate-prod-crm-two-one-parked'),
  ]);
});

test('a route named like the dead letters of another is refused', async () => {
  expect(await problems([{ ...good, routes: ['odd/one', 'odd/one-dead'] }])).toEqual([
    "Source 'crm' in lib/config.ts has route 'odd/one-dead', whose queue would be taken for one of dead letters or parked events: rename its processor file.",
    "Routes 'crm/one' and 'crm/one-dead' in lib/config.ts would share the queue 'hookgate-prod-crm-one-dead': rename a source or a processor file.",
  ]);
});

test('no source is refused', async () => {
  expect(await problems([])).toEqual(['There is no source: add one to sources in lib/config.ts.']);
});

test('a stage is checked like a source', async () => {
  const spoilt = {
    allow: { cidrs: ['10.0.0.0/0'] },
    adminAllow: { cidrs: ['nowhere'] },
    limits: { ...stage.limits, perAddress: { requestsPerMinute: 1 } },
  };
  expect(await problems([good], spoilt, 'Prod')).toEqual([
    "Stage 'Prod' in lib/config.ts has a name that is not 1 to 16 lower-case letters and digits: rename it.",
    "Stage 'Prod' in lib/config.ts has '10.0.0.0/0' in allow.cidrs, which is everybody: write { anywhere: true, reason: '…' } if that is meant.",
    "Stage 'Prod' in lib/config.ts has 'nowhere' in adminAllow.cidrs, which is no CIDR: write it as 203.0.113.0/24 or 2001:db8::/32.",
    "Stage 'Prod' in lib/config.ts has limits.perAddress.requestsPerMinute 1: AWS WAF takes whole numbers from 10.",
  ]);
});

test('everything wrong is said at once', async () => {
  const spoilt = { ...good, provider: 'stripe', maxBodyBytes: -1, routes: ['odd/gone', 'odd/plain'] };
  expect(await problems([spoilt, { ...good, name: 'Other' }])).toHaveLength(5);
});

test('a name that objects have by themselves is no stage', async () => {
  const loaded = await load({ config, stages: ['constructor'], providers: [], processorsDirectory });
  expect(loaded).toEqual({
    problems: ["There is no stage 'constructor': name one of local, dev, prod, or add it to stages in lib/config.ts."],
  });
});

describe('the plan', () => {
  test('fills in what the configuration leaves out, and what the processors declare', async () => {
    const { sources } = await planOf('prod');
    expect(sources[0]).toEqual({
      name: 'scalekit',
      provider: 'scalekit',
      maxBodyBytes: 1_048_576,
      secretOverlapSeconds: 86_400,
      allow: { cidrs: ['52.206.68.0/24', '54.236.0.0/16'] },
      throttle: { requestsPerMinute: 12_000 },
      routes: [
        {
          processor: 'scalekit/user-created',
          name: 'user-created',
          on: 'organization.directory.user_created',
          tables: ['users'],
          maximumConcurrency: 2,
          timeoutSeconds: 30,
        },
        {
          processor: 'scalekit/user-updated',
          name: 'user-updated',
          on: 'organization.directory.user_updated',
          tables: ['users'],
          maximumConcurrency: 2,
          timeoutSeconds: 30,
        },
      ],
    });
  });

  test('limits a source that strangers can reach after the signature, by its throttle, and no other', async () => {
    const open = { anywhere: true, reason: 'a test' } as const;
    const one: SourceConfig = { name: 'one', provider: 'scalekit', allow: open, routes: ['scalekit/user-created'] };
    const admitted = async (source: Partial<SourceConfig>) => {
      const plan = await planOf('prod', { ...config, sources: [{ ...one, ...source }] });
      return gatewayOf(plan).sources[0]?.admitPerMinute;
    };
    expect(await admitted({})).toBe(12_000);
    expect(await admitted({ throttle: { requestsPerMinute: 60 } })).toBe(60);
    expect(await admitted({ admitPerMinute: 7 })).toBe(7);
    expect(await admitted({ provider: 'stripe', allow: { published: 'observe' } })).toBe(12_000);
    expect(await admitted({ allow: { cidrs: ['203.0.113.0/24'] } })).toBeUndefined();
  });

  test('lets a stage decide who may call', async () => {
    const { sources } = await planOf('local');
    expect(new Set(sources.map(({ allow }) => JSON.stringify(allow)))).toEqual(
      new Set(['{"cidrs":["127.0.0.1/32","::1/128"]}']),
    );
  });

  test('tells the functions what they need and no more', async () => {
    const gateway = gatewayOf(await planOf('local'));
    expect(gateway.stage).toBe('local');
    expect(gateway.sources[2]).toEqual({
      name: 'skribby',
      provider: 'skribby',
      allow: { cidrs: ['127.0.0.1/32', '::1/128'] },
      maxBodyBytes: 1_048_576,
      secretOverlapSeconds: 86_400,
      sentOnce: true,
      routes: [{ processor: 'skribby/status-update', name: 'status-update', on: 'status_update' }],
    });
  });
});

test('the app says what is wrong in a sentence and ends with 1, without a stack trace', async () => {
  const root = resolve(import.meta.dirname, '..', '..');
  const outdir = mkdtempSync(join(tmpdir(), 'hookgate-cdk-'));
  const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((done) => {
    const env = { ...process.env, HOOKGATE_STAGE: 'prdo', CDK_OUTDIR: outdir };
    execFile(process.execPath, ['bin/hookgate.ts'], { cwd: root, env }, (error, _, text) =>
      done({ code: error?.code, stderr: text }),
    );
  });
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: "There is no stage 'prdo': name one of local, dev, prod, or add it to stages in lib/config.ts.\n",
  });
});
