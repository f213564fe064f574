import { callsWithout, configurationNamed, CONFIGURATIONS, daysOf } from './configurations.ts';
import { FAULTS, parsePlan, type Plan, planText, type Site, SITES, unlikeFaults } from './fault.ts';
import { type EffectKind, type History, judge } from './history.ts';
import { type Failure, pairsLayer, randomLayer, replayCommand, singlesLayer, summary } from './layers.ts';
import { MUTANTS } from './mutants.ts';
import { runSchedule } from './plans.ts';
import type { Befallen } from './scheduler.ts';
import { search } from './search.ts';
import { TABLE_MUTANTS } from './table-mutants.ts';

/** A failure's line names the command that runs it again. */
function expectNoneOf(failures: readonly Failure[]): void {
  expect(failures.map((failure) => `${failure.problems.join('; ')}\n${replayCommand(failure)}`)).toEqual([]);
}

const inSeconds = (count: number) => performance.now() + count * 1000;

test('no single fault at any call loses an event or doubles an effect', async () => {
  const { failures, befell, vacuous } = await singlesLayer();

  expectNoneOf(failures);
  expect(vacuous).toEqual([]);
  // In each configuration every fault did befall every call that it has.
  for (const configuration of CONFIGURATIONS) {
    const there = new Set(daysOf(configuration).flatMap(({ name }) => [...(befell.get(name) ?? [])]));
    const sites = SITES.filter((site) => !callsWithout(configuration).includes(site));
    const all = sites.flatMap((site) => FAULTS.map((fault) => `${site}=${fault}`));
    expect([configuration.name, all.filter((fault) => !there.has(fault))]).toEqual([configuration.name, []]);
    expect([...there].filter((fault) => !all.includes(fault))).toEqual([]);
  }
});

test('nor do two, in a slice of all pairs', async () => {
  expectNoneOf((await pairsLayer({ untilMs: inSeconds(15) })).failures);
});

test('nor do up to five, in a minute of random schedules', async () => {
  // Every run looks at other schedules; a failure's line replays it.
  const firstSeed = Math.floor(Math.random() * 2 ** 31);
  expectNoneOf((await randomLayer({ firstSeed, cases: Infinity, untilMs: inSeconds(60) })).failures);
});

test.each([...MUTANTS, ...TABLE_MUTANTS])('the harness finds the planted mistake: $name', async (mutant) => {
  expect((await search(mutant)).failures).not.toEqual([]);
});

test('twelve mistakes that others made show in twelve ways', () => {
  const ways = MUTANTS.map(({ exposed: { problem, at, day = '' } }) => `${problem} ${at} ${day}`);
  expect([MUTANTS.length, new Set(ways).size]).toEqual([12, 12]);
});

test('faults that pairs leave out make no schedule of their own', async () => {
  const tried: Site[] = [];
  for (const configuration of daysOf(configurationNamed('skribby/1/commit'))) {
    const callsWith = async (plan: Plan): Promise<string> => {
      const lines: string[] = [];
      await runSchedule({ configuration, seed: 1, plan }, undefined, (line) => lines.push(line));
      return lines.map((line) => line.split(' ').slice(0, 3).join(' ')).join('\n');
    };
    const without = await callsWith(new Map());
    for (const site of SITES) {
      const call = `${site}#1`;
      const kept = unlikeFaults(site);
      if (kept.length === FAULTS.length || !without.includes(` ${call}\n`)) continue;
      tried.push(site);
      const seen = new Set([without]);
      for (const fault of kept) seen.add(await callsWith(new Map([[call, fault]])));
      for (const fault of FAULTS) expect(seen).toContain(await callsWith(new Map([[call, fault]])));
    }
  }
  expect(SITES.filter((site) => unlikeFaults(site).length < FAULTS.length && !tried.includes(site))).toEqual([]);
});

/** An acknowledged event with this many effects, each by an execution of its own; faults befell the first of them. */
function effects(count: number, ...befell: Befallen[]): History {
  const by = (at: number) => ({ name: `consumer-${at}`, befell: at === 0 ? befell : [] });
  return {
    answers: [{ event: 'event', status: 202 }],
    effects: Array.from({ length: count }, (_, at) => ({ key: 'scalekit#msg_1@0', by: by(at) })),
    replayed: [],
    illegal: [],
    burned: [],
  };
}

test.each<[EffectKind, History, string[]]>([
  ['plain', effects(1), []],
  ['plain', effects(2), ['double: the event had 2 effects in epoch 0']],
  ['plain', effects(2, { site: 'effect', fault: 'crash-before' }), ['double: the event had 2 effects in epoch 0']],
  ['plain', effects(2, { site: 'delete', fault: 'stall' }), ['double: the event had 2 effects in epoch 0']],
  ['plain', effects(2, { site: 'effect', fault: 'crash-after' }), []],
  ['plain', effects(2, { site: 'complete', fault: 'throttled' }), []],
  ['plain', effects(2, { site: 'claim', fault: 'stall' }), []],
  ['plain', effects(3, { site: 'claim', fault: 'stall' }), ['double: the event had 3 effects in epoch 0']],
  ['keyed', effects(7), ['double: the event had 7 effects in epoch 0']],
  ['commit', effects(2, { site: 'claim', fault: 'stall' }), ['double: the event had 2 effects in epoch 0']],
  ['plain', effects(0), ['lost: the event was acknowledged and had no effect in epoch 0']],
])('a %s effect happens once, and once more only for a window of whoever made it', (kind, history, problems) => {
  expect(judge(history, kind, undefined).problems).toEqual(problems);
});

test('a run that fails by anything else does not end as if all were well', () => {
  const none = { lost: 0, double: 0, illegal: 0, burned: 0, stuck: 0, forged: 0 };
  expect(summary([{ found: none }])).toBe('0 lost, 0 double');
  expect(summary([{ found: { ...none, lost: 2, stuck: 1 } }, { found: { ...none, stuck: 3, illegal: 1 } }])).toBe(
    '2 lost, 0 double, 1 illegal, 4 stuck',
  );
});

test('a schedule is written and read back as text', () => {
  const plan = parsePlan('send#1=crash-before,claim#2=stall');
  expect(planText(plan)).toBe('send#1=crash-before,claim#2=stall');
  expect(() => parsePlan('send#1=explode')).toThrow('"send#1=explode" is no fault of a plan');
});

test('the same schedule ends the same way every time', async () => {
  const configuration = configurationNamed('scalekit/2/commit');
  const schedule = { configuration, seed: 7, plan: parsePlan('claim#1=crash-after,send#1=sdk-repeat') };
  const traces = await Promise.all(
    [1, 2].map(async () => {
      const lines: string[] = [];
      await runSchedule(schedule, undefined, (line) => lines.push(line));
      return lines;
    }),
  );
  expect(traces[0]).toEqual(traces[1]);
  expect(traces[0]?.length).toBeGreaterThan(5);
});
