import { type Allowlist, digestOf } from '../../../lambdas/core/addresses/allowlist.ts';
import { follow, type FollowPorts, type FollowReport } from '../../../lambdas/core/addresses/follow.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const START = 1_795_334_400_000;
const HOUR = 60 * 60_000;

/** One provider that publishes `published`, with two sets and a row in memory. */
function provider({ declared = [] as readonly string[] } = {}) {
  const clock = new ManualClock(START);
  const rows = new Map<string, Allowlist>();
  const sets = new Map([
    ['v4', declared.filter((cidr) => !cidr.includes(':'))],
    ['v6', declared.filter((cidr) => cidr.includes(':'))],
  ]);
  const world = {
    published: '' as string | Error,
    fetches: 0,
    reports: [] as FollowReport[],
    clock,
    sets,
    row: () => rows.get('acme'),
    approve(digest: string) {
      const row = rows.get('acme');
      if (row) rows.set('acme', { ...row, revision: row.revision + 1, approved: { digest, by: 'ada' } });
    },
    run: () => follow([{ provider: 'acme', list: LIST, declared, sets: { IPV4: 'v4', IPV6: 'v6' } }], ports),
  };
  const ports: FollowPorts = {
    clock,
    allowlists: {
      read: (name) => Promise.resolve(rows.get(name)),
      change: (name, seen, next) => {
        const current = (rows.get(name)?.revision ?? 0) === seen.revision;
        if (current) rows.set(name, next);
        return Promise.resolve(current);
      },
    },
    sets: {
      read: (set) => Promise.resolve({ addresses: sets.get(set) ?? [], token: 'token' }),
      replace: (set, addresses) => {
        sets.set(set, [...addresses]);
        return Promise.resolve(true);
      },
    },
    fetch: () => {
      world.fetches++;
      const { published } = world;
      return typeof published === 'string' ? Promise.resolve(published) : Promise.reject(published);
    },
    report: (_, what) => world.reports.push(what),
  };
  return world;
}

const LIST = { url: 'https://lists.example.com/ips.txt', in: 'lines' } as const;

test('the published addresses come into both sets and the row, and the change is told', async () => {
  const acme = provider();
  acme.published = '3.0.0.1\n2a0a:a440::/29\n';
  await acme.run();
  expect(acme.sets).toEqual(
    new Map([
      ['v4', ['3.0.0.1/32']],
      ['v6', ['2a0a:a440::/29']],
    ]),
  );
  expect(acme.row()).toMatchObject({ revision: 1, cidrs: ['2a0a:a440::/29', '3.0.0.1/32'], fetchedAt: START });
  expect(acme.reports).toMatchObject([{ kind: 'applied', added: ['2a0a:a440::/29', '3.0.0.1/32'], removed: [] }]);
});

test('a list is asked for once an hour, however often it is looked', async () => {
  const acme = provider();
  acme.published = '3.0.0.1';
  for (let minute = 0; minute <= 60; minute++) {
    await acme.run();
    acme.clock.advance(60_000);
  }
  expect(acme.fetches).toBe(2);
});

test('a large change is held and rings until it is approved; then it is applied in the next minute', async () => {
  const acme = provider({ declared: ['3.0.0.1/32', '3.0.0.2/32'] });
  acme.published = '3.0.0.8\n3.0.0.9';
  await acme.run();
  acme.clock.advance(60_000);
  await acme.run();
  expect(acme.sets.get('v4')).toEqual(['3.0.0.1/32', '3.0.0.2/32']);
  expect(acme.reports.map(({ kind }) => kind)).toEqual(['drift', 'drift']);
  expect(acme.reports[1]).toMatchObject({ reason: 'held', detail: '2 added, 2 removed of 2', since: START });

  acme.approve(digestOf(['3.0.0.8/32', '3.0.0.9/32']));
  acme.clock.advance(60_000);
  await acme.run();
  expect(acme.sets.get('v4')).toEqual(['3.0.0.8/32', '3.0.0.9/32']);
  expect(acme.reports[2]).toMatchObject({ kind: 'applied', by: 'ada' });
  expect(acme.row()?.drift).toBeUndefined();
});

test('what was approved is not what is published any more: it is held anew', async () => {
  const acme = provider({ declared: ['3.0.0.1/32', '3.0.0.2/32'] });
  acme.published = '3.0.0.8\n3.0.0.9';
  await acme.run();
  acme.published = '3.0.0.8\n3.0.0.66';
  acme.approve(digestOf(['3.0.0.8/32', '3.0.0.9/32']));
  await acme.run();
  expect(acme.sets.get('v4')).toEqual(['3.0.0.1/32', '3.0.0.2/32']);
  expect(acme.row()).toMatchObject({ held: { added: ['3.0.0.66/32', '3.0.0.8/32'] } });
  expect(acme.row()?.approved).toBeUndefined();
});

test('an approval outlives a fetch that fails, and is put in force when the list is had again', async () => {
  const acme = provider({ declared: ['3.0.0.1/32', '3.0.0.2/32'] });
  acme.published = '3.0.0.8\n3.0.0.9';
  await acme.run();
  acme.approve(digestOf(['3.0.0.8/32', '3.0.0.9/32']));
  for (const failure of [new Error('504'), 'a page of an error']) {
    acme.published = failure;
    acme.clock.advance(5 * 60_000);
    await acme.run();
    expect(acme.row()?.approved).toEqual({ digest: digestOf(['3.0.0.8/32', '3.0.0.9/32']), by: 'ada' });
  }
  acme.clock.advance(60_000);
  await acme.run();
  expect(acme.fetches).toBe(3);

  acme.published = '3.0.0.8\n3.0.0.9';
  acme.clock.advance(4 * 60_000);
  await acme.run();
  expect(acme.sets.get('v4')).toEqual(['3.0.0.8/32', '3.0.0.9/32']);
  expect(acme.row()?.approved).toBeUndefined();
});

test.each([
  ['everybody', '0.0.0.0/0'],
  ['nobody', ''],
])('a list that says %s changes nothing and rings', async (_, text) => {
  const acme = provider({ declared: ['3.0.0.1/32'] });
  acme.published = text;
  await acme.run();
  expect(acme.sets.get('v4')).toEqual(['3.0.0.1/32']);
  expect(acme.reports).toMatchObject([{ kind: 'drift', reason: 'unsound' }]);
});

test('a list that can’t be had stays as it was, and rings after a day', async () => {
  const acme = provider();
  acme.published = '3.0.0.1';
  await acme.run();
  acme.published = new Error('getaddrinfo ENOTFOUND lists.example.com');
  acme.clock.advance(23 * HOUR);
  await acme.run();
  expect(acme.reports.map(({ kind }) => kind)).toEqual(['applied', 'unreached']);
  acme.clock.advance(HOUR);
  await acme.run();
  expect(acme.reports[3]).toMatchObject({ kind: 'drift', reason: 'unreachable' });
  expect(acme.sets.get('v4')).toEqual(['3.0.0.1/32']);
});

test('a list that could not be had is asked for again five minutes later, and then once an hour', async () => {
  const acme = provider();
  acme.published = new Error('timeout');
  await acme.run();
  acme.clock.advance(4 * 60_000);
  await acme.run();
  expect(acme.fetches).toBe(1);
  acme.published = '3.0.0.1';
  acme.clock.advance(60_000);
  await acme.run();
  expect(acme.row()).toMatchObject({ cidrs: ['3.0.0.1/32'] });
  acme.clock.advance(HOUR - 1);
  await acme.run();
  expect(acme.fetches).toBe(2);
});

test('a set that somebody else changed is set right, and that rings', async () => {
  const acme = provider();
  acme.published = '3.0.0.1';
  await acme.run();
  acme.sets.set('v4', ['3.0.0.1/32', '3.0.0.77/32']);
  acme.clock.advance(HOUR);
  await acme.run();
  expect(acme.sets.get('v4')).toEqual(['3.0.0.1/32']);
  expect(acme.reports[1]).toMatchObject({ reason: 'set-changed', detail: 'the IPV4 set was not as it had been left' });
});

test('AWS WAF writes IPv6 in full; that is no change', async () => {
  const acme = provider();
  acme.published = '2a0a:a440::/29';
  await acme.run();
  acme.sets.set('v6', ['2a0a:a440:0000:0000:0000:0000:0000:0000/29']);
  acme.clock.advance(HOUR);
  await acme.run();
  expect(acme.reports.map(({ kind }) => kind)).toEqual(['applied']);
});

test('a run that was cut short before the row was written is repeated, without an alarm', async () => {
  const acme = provider({ declared: ['3.0.0.1/32', '3.0.0.2/32'] });
  acme.published = '3.0.0.1\n3.0.0.2\n3.0.0.3';
  acme.sets.set('v4', ['3.0.0.1/32', '3.0.0.2/32', '3.0.0.3/32']);
  await acme.run();
  expect(acme.reports.map(({ kind }) => kind)).toEqual(['applied']);
});
