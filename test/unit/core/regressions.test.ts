import type { APIGatewayProxyEvent } from 'aws-lambda';
import * as z from 'zod';
import { toDelivery } from '../../../lambdas/adapters/api-gateway.ts';
import { deliveryReport, type RefusedAttempt } from '../../../lambdas/adapters/reports/delivery-report.ts';
import { createEmf } from '../../../lambdas/adapters/reports/emf.ts';
import { createLog } from '../../../lambdas/adapters/reports/log.ts';
import type { Delivery } from '../../../lambdas/core/delivery.ts';
import { Circuit } from '../../../lambdas/core/processing/circuit.ts';
import { consume, type QueuedMessage } from '../../../lambdas/core/processing/consume.ts';
import { processor } from '../../../lambdas/core/processor.ts';
import {
  gatewayInMemory,
  inkressDelivery,
  NOON,
  scalekitDelivery,
  skribbyDelivery,
} from '../../support/gateway-in-memory.ts';
import { MemoryBreakers } from '../../support/memory/breakers.ts';
import { written } from '../../support/written.ts';

/**
 * The mistakes of the providers' documents that come after verification, by the names they were given when they were
 * found: what is marked, kept, tried again and logged. Those of the signature are beside the scheme's tests.
 */
const silent = { info: () => undefined, warn: () => undefined };

/** A gateway and the consumer of one source's events, which fails as often as it is told to. */
function gateway(on: string, failures: number) {
  const { receive, store, queue, clock } = gatewayInMemory();
  const route = on === '*' ? 'inkress/any' : 'scalekit/user-created';
  const circuit = new Circuit({ route, breakers: new MemoryBreakers(), clock });
  const runs: number[] = [];
  let executions = 0;
  const handler = processor({
    on,
    schema: z.unknown(),
    handler: (_, { attempt }) => {
      runs.push(attempt);
      if (runs.length <= failures) throw new Error('down');
    },
  });
  /** Another execution each time, in another container: nothing of the one before is left but the record. */
  const take = (message: Partial<QueuedMessage> = {}) => {
    const received = { body: queue.sent[0]?.body ?? '', sentAt: NOON, hop: 'main', receives: 1 } as const;
    const owner = `execution-${++executions}`;
    const whole = { ...received, owner, deadline: clock.now() + 30_000, ...message };
    return consume(handler, whole, { store, clock, random: () => 1, log: silent, circuit });
  };
  return { receive, store, queue, clock, runs, take };
}

describe.each([
  ['S-9', 'scalekit', 'organization.directory.user_created', scalekitDelivery, 'scalekit#msg_1'],
  ['I-4', 'inkress', '*', inkressDelivery, 'inkress#evt_9'],
] as const)('%s: what is kept of %s is not marked as processed before it was', (_name, _source, on, send, pk) => {
  test('a delivery that could not be kept is no duplicate when it comes again', async () => {
    const { receive, store, queue } = gateway(on, 0);
    jest.spyOn(store, 'putRecord').mockRejectedValueOnce(new Error('the table is down'));
    await expect(receive(send())).rejects.toThrow('the table is down');

    expect(await receive(send())).toMatchObject({ receipt: 'accepted' });
    expect(queue.sent).toHaveLength(1);
  });

  test('one that was kept and never queued is queued when it comes again', async () => {
    const { receive, queue } = gateway(on, 0);
    await receive(send());
    queue.sent.splice(0);

    expect(await receive(send())).toMatchObject({ receipt: 'accepted' });
    expect(queue.sent).toHaveLength(1);
  });

  test('one whose processing failed is a duplicate to its sender, and is processed all the same', async () => {
    const { receive, store, runs, take } = gateway(on, 1);
    await receive(send());
    expect(await take()).toMatchObject({ outcome: 'failed' });

    expect(await receive(send())).toMatchObject({ receipt: 'duplicate' });
    expect(store.records.get(pk)?.status).toBe('FAILED');
    expect(await take()).toMatchObject({ outcome: 'done' });
    expect(runs).toEqual([1, 2]);
  });

  test('two that come at once are one event, and neither is an error', async () => {
    const { receive, store, runs, take } = gateway(on, 0);
    const receipts = await Promise.all([receive(send()), receive(send())]);

    expect(receipts.map(({ receipt }) => receipt)).toEqual(['accepted', 'accepted']);
    expect([...store.records.keys()]).toEqual([pk]);
    await Promise.all([take(), take()]);
    expect(runs).toHaveLength(1);
  });
});

test('S-12: no handler runs while the sender waits, and each wait is twice the one before, from the first on', async () => {
  const { receive, runs, take } = gateway('*', 4);
  expect(await receive(inkressDelivery())).toMatchObject({ receipt: 'accepted' });
  expect(runs).toEqual([]);

  const waits = [];
  for (let i = 0; i < 4; i++) waits.push(await take());
  expect(waits.map((outcome) => 'delaySeconds' in outcome && outcome.delaySeconds)).toEqual([30, 60, 120, 240]);
});

describe('S-17', () => {
  test('two who take one event from the queue don’t both process it', async () => {
    const { receive, runs, take } = gateway('*', 0);
    await receive(inkressDelivery());
    await Promise.all([take(), take(), take()]);

    expect(runs).toEqual([1]);
  });

  test('the tries are counted where the next execution finds them, so that a poison event is parked', async () => {
    const { receive, store, clock, runs, take } = gateway('*', Infinity);
    await receive(inkressDelivery());
    for (const hop of ['main', 'dead'] as const) {
      for (let i = 0; i < 5; i++) {
        clock.advance(15 * 60_000);
        await take({ hop });
      }
    }

    expect(runs).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(store.records.get('inkress#evt_9')).toMatchObject({ status: 'PARKED', attempt: 10 });
  });

  test('nothing is acknowledged that is not kept', async () => {
    const { receive, store, queue } = gateway('*', 0);
    queue.down = true;
    store.setOutbox = () => Promise.reject(new Error('the table is down'));

    expect(await receive(inkressDelivery())).toMatchObject({ receipt: 'unavailable' });
  });

  test('of six who ask a half-open breaker, one tries', async () => {
    const { clock } = gateway('*', 0);
    const breakers = new MemoryBreakers();
    const containers = Array.from({ length: 6 }, () => new Circuit({ route: 'any', breakers, clock }));
    const [first] = containers;
    for (let i = 0; i < 5; i++) await first?.learn({ kind: 'go' }, 'fails', 'first');
    clock.advance(60_001);

    const passes = await Promise.all(containers.map((circuit, i) => circuit.admit(`execution-${i}`)));
    expect(passes.map(({ kind }) => kind).sort()).toEqual(['probe', 'wait', 'wait', 'wait', 'wait', 'wait']);
  });
});

/** The delivery as API Gateway hands it to the function, header names as the sender wrote them. */
function throughApiGateway(delivery: Delivery, rename: (name: string) => string): Delivery {
  const named = [...delivery.headers].map(([name, values]) => [rename(name), [...values]]);
  const event = {
    httpMethod: delivery.method,
    pathParameters: { source: delivery.source },
    multiValueHeaders: { ...Object.fromEntries(named), Host: ['gateway.example.com'] } as Record<string, string[]>,
    multiValueQueryStringParameters: null,
    body: delivery.body.toString('base64'),
    isBase64Encoded: true,
    requestContext: { path: `/webhooks/${delivery.source}`, identity: { sourceIp: '192.0.2.1' } },
  };
  return toDelivery(event as unknown as APIGatewayProxyEvent, NOON);
}

test.each([
  ['as they are documented', (name: string) => name.replace(/\b[a-z]/g, (letter) => letter.toUpperCase())],
  ['in capitals', (name: string) => name.toUpperCase()],
  ['in small letters', (name: string) => name],
])('S-21, I-5: header names %s mean the same', async (_, rename) => {
  const { receive } = gatewayInMemory();
  for (const sent of [scalekitDelivery(), inkressDelivery(), skribbyDelivery()]) {
    expect(await receive(throughApiGateway(sent, rename))).toMatchObject({ receipt: 'accepted' });
  }
});

test('S-21, I-5: one header in two writings came twice', async () => {
  const { receive } = gatewayInMemory();
  const sent = inkressDelivery();
  const [mac = ''] = sent.headers.get('x-inkress-signature') ?? [];
  const twice = { ...sent, headers: new Map([...sent.headers, ['X-Inkress-Signature', [mac]]]) };
  const answered = await receive(throughApiGateway(twice, (name) => name));
  expect(answered).toEqual({ receipt: 'rejected', reason: 'repeated-header' });
});

test('K-3: the bytes that were signed arrive, whatever they are', async () => {
  const { receive, store } = gatewayInMemory();
  const body = Buffer.concat([
    Buffer.from('{"id":"evt_2","type":"t","x":"'),
    Buffer.from([0xff, 0x00]),
    Buffer.from('"}'),
  ]);
  // JSON allows no NUL, so it is malformed; its signature was right for these bytes and no others.
  expect(await receive(throughApiGateway(scalekitDelivery({ body }), (name) => name))).toEqual({
    receipt: 'rejected',
    reason: 'not-json',
  });
  const latin = Buffer.concat([
    Buffer.from('{"id":"evt_3","type":"organization.directory.user_created","x":"'),
    Buffer.from([0xe9]),
    Buffer.from('"}'),
  ]);
  expect(await receive(throughApiGateway(scalekitDelivery({ body: latin }), (name) => name))).toMatchObject({
    receipt: 'accepted',
  });
  expect([...store.bodies.values()].map(({ bytes }) => bytes.toString('latin1'))).toEqual([
    '{"id":"evt_3","type":"organization.directory.user_created","x":"é"}',
  ]);
});

test('I-7: a refused attempt is told by the connection’s address, without the signature that was tried', async () => {
  const { receive, clock } = gatewayInMemory();
  const tried = 'f00d'.repeat(16);
  const forged = inkressDelivery();
  const delivery = throughApiGateway(
    {
      ...forged,
      headers: new Map([
        ['x-inkress-signature', [tried]],
        ['x-forwarded-for', ['10.9.8.7']],
      ]),
    },
    (name) => name,
  );
  const kept: RefusedAttempt[] = [];
  const report = deliveryReport({
    log: createLog('verifier'),
    emit: createEmf('prod'),
    clock,
    signatureHeader: () => 'x-inkress-signature',
    keep: (attempts) => Promise.resolve(void kept.push(...attempts)),
  });
  const lines = await written(async () => report(delivery, 'inkress', await receive(delivery)));

  expect(kept).toMatchObject([{ source: 'inkress', reason: 'wrong-secret-or-changed-body', address: '192.0.2.1' }]);
  const said = [...lines, JSON.stringify(kept)].join('\n');
  for (const secret of [tried, '10.9.8.7', 'evt_9']) expect(said).not.toContain(secret);
});
