import type { Breaker } from '../../../lambdas/core/processing/breaker.ts';
import { Circuit } from '../../../lambdas/core/processing/circuit.ts';
import { NOON } from '../../support/gateway-in-memory.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryBreakers } from '../../support/memory/breakers.ts';

const ROUTE = 'scalekit/user-created';

function route() {
  const clock = new ManualClock(NOON);
  const breakers = new MemoryBreakers();
  const reports: string[] = [];
  const container = () =>
    new Circuit({ route: ROUTE, breakers, clock, report: (what, { state }) => reports.push(`${what} ${state}`) });
  const attempt = async (circuit: Circuit, evidence: 'works' | 'fails' | 'none', by = 'me') => {
    const pass = await circuit.admit(by);
    return pass.kind === 'wait' ? 'waited' : circuit.learn(pass, evidence, by);
  };
  const row = (): Breaker | undefined => breakers.rows.get(ROUTE);
  const open = async () => {
    const circuit = container();
    for (let i = 0; i < 5; i++) await attempt(circuit, 'fails');
    return circuit;
  };
  return { clock, breakers, reports, container, attempt, row, open };
}

test('as long as all goes well it costs one read in two seconds and no write', async () => {
  const { clock, breakers, container, attempt } = route();
  const circuit = container();
  for (let i = 0; i < 100; i++) {
    await Promise.all([attempt(circuit, 'works'), attempt(circuit, 'works')]);
    clock.advance(100);
  }

  expect([breakers.reads, breakers.writes]).toEqual([5, 0]);
});

test('five failures in a minute open it, and everybody hears of it within two seconds', async () => {
  const { clock, reports, container, attempt, row, open } = route();
  const other = container();
  await attempt(other, 'works');
  await open();

  expect(reports).toEqual(['opened OPEN']);
  expect(row()).toMatchObject({ state: 'OPEN', openings: 1, openUntil: NOON + 60_000 });
  clock.advance(2_000);
  expect(await other.admit('me')).toEqual({ kind: 'wait', forMs: 58_000, byPerson: false });
});

test('the failure that opens it says for how long', async () => {
  const { container, attempt } = route();
  const circuit = container();
  const answers = [];
  for (let i = 0; i < 5; i++) answers.push(await attempt(circuit, 'fails'));

  expect(answers).toEqual([0, 0, 0, 0, 60_000]);
});

test('failures among as many and more successes do not open it', async () => {
  const { container, attempt, row } = route();
  const circuit = container();
  for (let i = 0; i < 20; i++) {
    await attempt(circuit, 'works');
    await attempt(circuit, 'works');
    await attempt(circuit, 'fails');
  }

  expect(row()).toMatchObject({ state: 'CLOSED', failures: 20, successes: 40 });
});

test('failures in different minutes are not added up, nor successes of a minute ago', async () => {
  const { clock, container, attempt, row } = route();
  const circuit = container();
  for (let i = 0; i < 4; i++) await attempt(circuit, 'fails');
  await attempt(circuit, 'works');
  clock.advance(60_000);
  for (let i = 0; i < 4; i++) await attempt(circuit, 'fails');

  expect(row()).toMatchObject({ state: 'CLOSED', failures: 4, successes: 0 });
});

test('what says nothing of what is behind the processor does not count', async () => {
  const { breakers, container, attempt } = route();
  const circuit = container();
  for (let i = 0; i < 20; i++) await attempt(circuit, 'none');

  expect(breakers.writes).toBe(0);
});

describe('when the open time is over', () => {
  test('one of all containers probes; its success closes it', async () => {
    const { clock, reports, container, row, open } = route();
    await open();
    clock.advance(60_000);
    const containers = [container(), container(), container()];
    const passes = await Promise.all(
      containers.flatMap((circuit, i) => [circuit.admit(`a${i}`), circuit.admit(`b${i}`)]),
    );
    expect(passes.map(({ kind }) => kind).sort()).toEqual(['probe', 'wait', 'wait', 'wait', 'wait', 'wait']);

    const at = passes.findIndex(({ kind }) => kind === 'probe');
    const [prober, probe] = [containers[Math.floor(at / 2)], passes[at]];
    if (!prober || !probe) throw new Error('nobody probes');
    await prober.learn(probe, 'works', at % 2 === 0 ? `a${at / 2}` : `b${(at - 1) / 2}`);
    expect(row()).toMatchObject({ state: 'CLOSED', openings: 0 });
    expect(reports).toEqual(['opened OPEN', 'closed CLOSED']);
    expect(await prober.admit('next')).toEqual({ kind: 'go' });
  });

  test('a probe that fails opens it for twice as long', async () => {
    const { clock, attempt, row, open } = route();
    const circuit = await open();
    clock.advance(60_000);

    expect(await attempt(circuit, 'fails')).toBe(120_000);
    expect(row()).toMatchObject({ state: 'OPEN', openings: 2, openUntil: NOON + 180_000 });
  });

  test('a probe that says nothing leaves it to the next', async () => {
    const { clock, attempt, row, open } = route();
    const circuit = await open();
    clock.advance(60_000);
    await attempt(circuit, 'none', 'first');

    expect(await circuit.admit('second')).toMatchObject({ kind: 'probe' });
    expect(row()).toMatchObject({ state: 'HALF_OPEN', changedBy: 'second' });
  });

  test('a probe that dies is followed by another a minute later', async () => {
    const { clock, container, open } = route();
    await open();
    clock.advance(60_000);
    expect(await container().admit('dies')).toMatchObject({ kind: 'probe' });
    clock.advance(59_999);
    expect(await container().admit('too early')).toMatchObject({ kind: 'wait', forMs: 1 });
    clock.advance(1);
    expect(await container().admit('next')).toMatchObject({ kind: 'probe' });
  });
});

describe('when the table does not answer', () => {
  test('messages go on as they were: closed stays closed, open stays open', async () => {
    const { clock, breakers, reports, container, attempt, open } = route();
    const closed = container();
    await attempt(closed, 'works');
    const opened = await open();
    breakers.down = true;
    clock.advance(10_000);

    expect(await closed.admit('me')).toEqual({ kind: 'go' });
    expect(await closed.learn({ kind: 'go' }, 'fails', 'me')).toBe(0);
    expect(await opened.admit('me')).toMatchObject({ kind: 'wait' });
    expect(reports).toEqual(['opened OPEN', 'unknown CLOSED', 'unknown CLOSED', 'unknown OPEN']);
  });

  test('nobody probes, until it answers again', async () => {
    const { clock, breakers, open } = route();
    const circuit = await open();
    clock.advance(60_000);
    breakers.down = true;
    expect(await circuit.admit('me')).toMatchObject({ kind: 'wait' });
    breakers.down = false;
    expect(await circuit.admit('me')).toMatchObject({ kind: 'probe' });
  });
});
