import { deliveryReport, type RefusedAttempt } from '../../../lambdas/adapters/reports/delivery-report.ts';
import { createEmf } from '../../../lambdas/adapters/reports/emf.ts';
import { createLog } from '../../../lambdas/adapters/reports/log.ts';
import type { Delivery } from '../../../lambdas/core/delivery.ts';
import type { Receipt } from '../../../lambdas/core/receipt.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { written } from '../../support/written.ts';

const NOON = 1_795_334_400_000;

// The library of the metrics warns of a time that is far from now.
beforeEach(() => void jest.spyOn(Date, 'now').mockReturnValue(NOON));
afterEach(() => void jest.restoreAllMocks());

const DELIVERY: Delivery = {
  source: 'inkress',
  method: 'POST',
  url: 'https://example.com/webhooks/inkress',
  headers: new Map([
    ['x-inkress-webhook-signature', ['sent as a signature']],
    ['x-private', ['a header value']],
  ]),
  body: Buffer.from('{"a":"payload"}'),
  sourceIp: '203.0.113.7',
  receivedAt: NOON - 12,
};
const ACCEPTED: Receipt = {
  receipt: 'accepted',
  via: 'queue',
  event: { key: 'evt_1', type: 'payment.success', route: 'payment-success', secret: { stage: 'AWSCURRENT' } },
};

function reporter() {
  const clock = new ManualClock(NOON);
  const kept: RefusedAttempt[] = [];
  const report = deliveryReport({
    log: createLog('verifier'),
    emit: createEmf('prod'),
    clock,
    signatureHeader: () => 'x-inkress-webhook-signature',
    keep: (attempts) => {
      kept.push(...attempts);
      return Promise.resolve();
    },
  });
  return { clock, kept, report };
}

test('an accepted delivery is one line under the key by which the processor knows it, and three measurements', async () => {
  const { report } = reporter();
  const [line, metrics] = (await written(() => report(DELIVERY, 'inkress', ACCEPTED))).map(
    (text) => JSON.parse(text) as Record<string, unknown>,
  );

  expect(line).toEqual({
    message: 'accepted',
    timestamp: expect.any(String) as string,
    key: 'inkress#evt_1',
    ms: 12,
  });
  expect(metrics).toEqual({
    _aws: {
      Timestamp: NOON,
      CloudWatchMetrics: [
        {
          Namespace: 'Hookgate/prod',
          Dimensions: [['Source']],
          Metrics: [
            { Name: 'Received', Unit: 'Count' },
            { Name: 'Accepted', Unit: 'Count' },
            { Name: 'EnqueueMs', Unit: 'Milliseconds' },
          ],
        },
      ],
    },
    Source: 'inkress',
    Received: 1,
    Accepted: 1,
    EnqueueMs: 12,
  });
});

test.each([
  [NOON - 62, 50],
  [NOON - 12, 0],
  // Their clock is ahead of ours.
  [NOON + 1_988, -2_000],
])('an accepted delivery that is signed at %i counts its clock difference of %i ms', async (signedAt, difference) => {
  const { report } = reporter();
  const lines = await written(() =>
    report(DELIVERY, 'inkress', { ...ACCEPTED, event: { ...ACCEPTED.event, signedAt } }),
  );

  expect(lines[1]).toContain('{"Name":"ClockDifferenceMs","Unit":"Milliseconds"}');
  expect(JSON.parse(lines[1] ?? '')).toMatchObject({ Source: 'inkress', ClockDifferenceMs: difference, EnqueueMs: 12 });
});

test('a repeated delivery counts no clock difference: its provider may have signed it long before', async () => {
  const { report } = reporter();
  const event = { ...ACCEPTED.event, signedAt: NOON - 200_000 };
  const lines = await written(() => report(DELIVERY, 'inkress', { receipt: 'duplicate', event, sameBody: true }));

  expect(lines.join('\n')).toContain('"Source":"inkress","Received":1,"Duplicate":1}');
  expect(lines.join('\n')).not.toContain('ClockDifferenceMs');
});

test('a delivery that matched the previous secret is counted by that', async () => {
  const { report } = reporter();
  const receipt = {
    ...ACCEPTED,
    event: { ...ACCEPTED.event, secret: { stage: 'AWSPREVIOUS', overdue: true } },
  } as const;
  const lines = await written(() => report(DELIVERY, 'inkress', receipt));

  expect(lines.join('\n')).toContain(
    '"Source":"inkress","Received":1,"Accepted":1,"SecretOverlapOverdue":1,"EnqueueMs":12}',
  );
  expect(lines.join('\n')).toContain('"Source":"inkress","Version":"previous","SecretVersion":1}');
});

test('a refused attempt is in the security log, with nothing that was sent, and counted by its reason', async () => {
  const { kept, report } = reporter();
  const rejected: Receipt = { receipt: 'rejected', reason: 'wrong-secret-or-changed-body' };
  const lines = await written(() => report(DELIVERY, 'inkress', rejected));

  expect(kept).toEqual([
    {
      time: '2026-11-22T07:59:59.988Z',
      source: 'inkress',
      reason: 'wrong-secret-or-changed-body',
      address: '203.0.113.7',
      // echo -n 'sent as a signature' | sha256sum
      signature: '89d5f454',
    },
  ]);
  expect(lines).toHaveLength(2);
  expect(lines[0]).toContain('"Source":"inkress","Received":1,"Rejected":1}');
  expect(lines[1]).toContain('"Source":"inkress","Reason":"wrong-secret-or-changed-body","Rejected":1}');
  expect(JSON.stringify([lines, kept])).not.toMatch(/payload|header value|sent as/);
});

test('a flood of refused attempts keeps twenty a minute, and all of them count', async () => {
  const { clock, kept, report } = reporter();
  const lines = await written(async () => {
    for (let i = 0; i < 1_000; i++)
      await report(DELIVERY, 'inkress', { receipt: 'rejected', reason: 'stale-timestamp' });
    clock.advance(5_000);
    await report(DELIVERY, 'inkress', { receipt: 'rejected', reason: 'stale-timestamp' });
  });

  expect(kept).toHaveLength(20);
  const sums = lines.map((line) => Number(/"Source":"inkress","Received":\d+,"Rejected":(\d+)}/.exec(line)?.[1] ?? 0));
  expect(sums.reduce((sum, count) => sum + count, 0)).toBe(1_001);
  // Twenty one by one, then 25 together: a line for each of two sets of dimensions.
  expect(lines.length).toBeLessThan(125);
});

test('a burst of refused or failed deliveries that nothing follows has counted to the last', async () => {
  for (const receipt of [
    { receipt: 'rejected', reason: 'wrong-secret-or-changed-body' },
    { receipt: 'unavailable', reason: 'secret-store' },
  ] as const) {
    const { report } = reporter();
    const lines = await written(async () => {
      for (let i = 0; i < 20; i++) await report(DELIVERY, 'inkress', receipt);
    });
    const sums = lines.map((line) => Number(/"Source":"inkress","Received":(\d+)/.exec(line)?.[1] ?? 0));
    expect(sums.reduce((sum, count) => sum + count, 0)).toBe(20);
  }
});
