import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeData } from '../support/host.ts';
import { seeded } from '../faults/random.ts';
import { judge } from './history.ts';
import { Simulator } from './simulator.ts';
import { runTrial } from './trial.ts';

test('twenty SIGKILLs of the host and its sandboxes lose nothing and double nothing', async () => {
  const data = mkdtempSync(join(tmpdir(), 'hookgate-kill-'));
  const report: string[] = [];
  const result = await runTrial({
    data,
    kills: 20,
    deliveries: 600,
    seed: Math.floor(Math.random() * 2 ** 31),
    report: (line) => report.push(line),
  });

  // A failure names its data, which is kept.
  expect({ data, problems: result.problems }).toEqual({ data, problems: [] });
  expect(result).toMatchObject({ lost: 0, double: 0, deliveries: 600 });
  const { host, everything, awake, frozen } = result.kills;
  expect(host + everything + awake + frozen).toBe(20);
  expect(host + everything).toBeGreaterThanOrEqual(2);
  removeData(data);
});

test('a trial makes as many deliveries as were asked for, whatever is refused; tries after the last new event come on top', async () => {
  let requests = 0;
  // One in four.
  const server = createServer((incoming, answer) => {
    incoming.resume().on('end', () => {
      answer.statusCode = ++requests % 4 === 0 ? 503 : 202;
      answer.end();
    });
  });
  // A connection that is closed while it is used again would be a delivery that never came.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const simulator = new Simulator({
    port: (server.address() as AddressInfo).port,
    secrets: { scalekit: 'whsec_AAAA', inkress: 'x', skribby: 'y' },
    random: seeded(5),
    deliveries: 300,
    clients: 16,
    whenUp: () => Promise.resolve(),
    holdsOn: () => false,
  });
  await simulator.run();
  server.close();

  expect(simulator.delivered).toBe(300);
  expect(simulator.afterwards).toBeGreaterThan(0);
  expect(requests).toBe(300 + simulator.afterwards);
});

const effect = { key: 'scalekit#event-1@0' };
const acknowledged = { source: 'scalekit', name: 'event-1', forged: false, answers: [503, 201] } as const;

test.each([
  ['an effect that is missing', acknowledged, [], 'DONE', { lost: 1, double: 0 }],
  ['an effect that happened twice', acknowledged, [effect, effect], 'DONE', { lost: 0, double: 1 }],
])('the judge sees %s', (_case, event, effects, status, verdict) => {
  const tables = {
    effects: new Map(effects.length > 0 ? [[event.name, effects]] : []),
    records: new Map([['scalekit#event-1', status]]),
  };
  const found = judge([{ ...event, answers: [...event.answers] }], tables);

  expect(found).toMatchObject(verdict);
  expect(found.problems).toHaveLength(1);
});

test.each([
  ['a forged event that was let in', { ...acknowledged, forged: true }, [effect], 'DONE'],
  ['an event that its provider never got through', { ...acknowledged, answers: [503] }, [], ''],
  ['an effect whose record is not DONE', acknowledged, [effect], 'PROCESSING'],
])('and %s', (_case, event, effects, status) => {
  const tables = {
    effects: new Map(effects.length > 0 ? [[event.name, effects]] : []),
    records: new Map([['scalekit#event-1', status]]),
  };

  expect(judge([{ ...event, answers: [...event.answers] }], tables).problems).toHaveLength(1);
});
