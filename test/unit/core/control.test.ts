import { opened, switched, UNTOUCHED } from '../../../lambdas/core/processing/breaker.ts';
import {
  control,
  type ControlledRoute,
  type ControlReport,
  type MappingSettings,
} from '../../../lambdas/core/processing/control.ts';
import { NOON } from '../../support/gateway-in-memory.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryBreakers } from '../../support/memory/breakers.ts';

const ROUTE: ControlledRoute = { route: 'scalekit/user-created', mappings: ['main', 'dead'], maximumConcurrency: 5 };
const CONFIGURED: MappingSettings = { enabled: true, maximumConcurrency: 5 };
const DEAD_CONFIGURED: MappingSettings = { enabled: true, maximumConcurrency: 2 };

function controller(routesOfStage = 1) {
  const clock = new ManualClock(NOON);
  const breakers = new MemoryBreakers();
  const found = new Map<string, MappingSettings | undefined>([
    ['main', CONFIGURED],
    ['dead', DEAD_CONFIGURED],
  ]);
  const updates: string[] = [];
  const reports: ControlReport[] = [];
  let refuses: string | undefined;
  let reads = 0;
  const tick = async () => {
    updates.length = reports.length = 0;
    reads = 0;
    const ports = {
      breakers,
      clock,
      report: (_: string, report: ControlReport) => void reports.push(report),
      mappings: {
        read: (id: string) => {
          reads++;
          return Promise.resolve(found.get(id));
        },
        update: (id: string, settings: MappingSettings) => {
          if (id === refuses) return Promise.reject(new Error('ResourceInUseException'));
          updates.push(`${id} ${settings.enabled ? settings.maximumConcurrency : 'off'}`);
          found.set(id, settings);
          return Promise.resolve();
        },
      },
    };
    return control([ROUTE], ports, routesOfStage);
  };
  const kinds = () => reports.map(({ kind }) => kind);
  return { clock, breakers, found, tick, updates, kinds, reads: () => reads, refuse: (id?: string) => (refuses = id) };
}

test('a route that is well costs nothing but reads', async () => {
  const { breakers, tick, updates, kinds } = controller();

  expect(await tick()).toBe(0);
  expect([updates, kinds(), breakers.writes]).toEqual([[], [], 0]);
});

test('an outage: both mappings off, on again at concurrency 2 for the probe, then as configured', async () => {
  const { clock, breakers, tick, updates, kinds } = controller();
  const open = opened(UNTOUCHED, NOON, 'me');
  breakers.rows.set(ROUTE.route, open);
  await tick();
  expect([updates, kinds()]).toEqual([
    ['main off', 'dead off'],
    ['open', 'set'],
  ]);
  await tick();
  expect([updates, kinds()]).toEqual([[], ['open']]);

  clock.advance(60_000);
  await tick();
  expect([updates, kinds()]).toEqual([
    ['main 2', 'dead 2'],
    ['open', 'set'],
  ]);

  breakers.rows.set(ROUTE.route, { ...UNTOUCHED, revision: 3, mapping: 'probing' });
  await tick();
  expect([updates, kinds()]).toEqual([['main 5'], ['set']]);
});

test('a mapping that somebody else disabled is enabled again, and that is told', async () => {
  const { found, tick, updates, kinds } = controller();
  found.set('main', { enabled: false, maximumConcurrency: 5 });
  await tick();

  expect([updates, kinds()]).toEqual([['main 5'], ['drift']]);
});

test('a concurrency that somebody else set is set back', async () => {
  const { found, tick, updates, kinds } = controller();
  found.set('dead', { enabled: true, maximumConcurrency: 50 });
  await tick();

  expect([updates, kinds()]).toEqual([['dead 2'], ['drift']]);
});

test('a paused route stays off, also when a deployment enabled it', async () => {
  const { breakers, found, tick, updates, kinds } = controller();
  breakers.rows.set(ROUTE.route, switched(UNTOUCHED, 'pause', NOON, 'ada'));
  await tick();
  expect([updates, kinds()]).toEqual([
    ['main off', 'dead off'],
    ['paused', 'set'],
  ]);

  found.set('main', CONFIGURED);
  await tick();
  expect([updates, kinds()]).toEqual([['main off'], ['paused', 'drift']]);
});

test('a mapping whose last change is still on its way is left to the next minute', async () => {
  const { breakers, found, tick, updates, kinds } = controller();
  breakers.rows.set(ROUTE.route, opened(UNTOUCHED, NOON, 'me'));
  found.set('main', undefined);
  await tick();
  expect([updates, kinds()]).toEqual([['dead off'], ['open']]);

  found.set('main', CONFIGURED);
  await tick();
  expect([updates, kinds()]).toEqual([['main off'], ['open', 'set']]);
});

test('what fails is told, counted, and done by the next run', async () => {
  const { breakers, tick, updates, kinds, refuse } = controller();
  breakers.rows.set(ROUTE.route, opened(UNTOUCHED, NOON, 'me'));
  refuse('main');
  expect(await tick()).toBe(1);
  expect(kinds()).toEqual(['open', 'failed']);

  refuse();
  expect(await tick()).toBe(0);
  expect(updates).toEqual(['main off', 'dead off']);
});

describe('of five hundred routes', () => {
  test('one that is well is seen to every fifth minute', async () => {
    const { clock, tick, reads } = controller(500);
    const seen: number[] = [];
    for (let minute = 0; minute < 10; minute++) {
      await tick();
      seen.push(reads());
      clock.advance(60_000);
    }
    expect(seen.filter((count) => count === 2)).toHaveLength(2);
    expect(seen.filter((count) => count === 0)).toHaveLength(8);
  });

  test('one whose breaker opens is seen to at once, and while it is open', async () => {
    const { clock, breakers, tick, reads } = controller(500);
    breakers.rows.set(ROUTE.route, opened(UNTOUCHED, NOON, 'me'));
    for (let minute = 0; minute < 5; minute++) {
      await tick();
      expect(reads()).toBe(2);
      breakers.rows.set(ROUTE.route, { ...opened(UNTOUCHED, clock.now(), 'me'), mapping: 'disabled' });
      clock.advance(60_000);
    }
  });
});
