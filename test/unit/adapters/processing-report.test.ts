import { createEmf } from '../../../lambdas/adapters/reports/emf.ts';
import { createLog } from '../../../lambdas/adapters/reports/log.ts';
import { processingReport } from '../../../lambdas/adapters/reports/processing-report.ts';
import type { EventRecord } from '../../../lambdas/core/record.ts';
import { written } from '../../support/written.ts';

const NOON = 1_795_334_400_000;
const RECORD: EventRecord = {
  v: 1,
  pk: 'inkress#evt_1',
  status: 'DONE',
  source: 'inkress',
  type: 'payment.success',
  route: 'payment-success',
  bodySha256: 'a'.repeat(64),
  bodyBytes: 1,
  receivedAt: NOON - 500,
  epoch: 0,
  attempt: 1,
  expiresAt: 0,
};

function reporter() {
  const log = createLog('inkress/payment-success');
  return processingReport({
    log,
    emit: createEmf('prod'),
    source: 'inkress',
    route: 'payment-success',
    now: () => NOON,
  });
}

test('a record that a newer version wrote is counted for the stage as well', async () => {
  const reports = reporter();
  const [, ofRoute, ofStage, ...others] = (
    await written(() => {
      reports.report({ outcome: 'deferred', why: 'newer-version', delaySeconds: 300, pk: 'inkress#evt_1' });
      reports.flush();
      reports.flush();
    })
  ).map((text) => JSON.parse(text) as Record<string, unknown>);

  expect(ofRoute).toMatchObject({ Source: 'inkress', Route: 'payment-success', Deferred: 1 });
  expect(ofStage).toMatchObject({ NewerVersion: 1, _aws: { CloudWatchMetrics: [{ Dimensions: [[]] }] } });
  expect(others).toEqual([]);
});

test('the messages of an invocation are a line each and one metric line, in which each counts', async () => {
  const reports = reporter();
  const [first, second, third, metrics, ...others] = (
    await written(() => {
      reports.report({ outcome: 'done', record: RECORD, processingMs: 12 });
      const again = { ...RECORD, pk: 'inkress#evt_2', attempt: 2, receivedAt: NOON - 900 };
      reports.report({ outcome: 'done', record: again, processingMs: 30 });
      const failing = { ...RECORD, pk: 'inkress#evt_3' };
      reports.report({ outcome: 'failed', delaySeconds: 30, record: failing, reason: 'Error: no', processingMs: 7 });
      reports.flush();
      reports.flush();
    })
  ).map((text) => JSON.parse(text) as Record<string, unknown>);

  expect(first).toMatchObject({ message: 'done', key: 'inkress#evt_1', ms: 12 });
  expect(second).toMatchObject({ message: 'done', key: 'inkress#evt_2', attempt: 2, ms: 30 });
  expect(third).toMatchObject({ level: 'WARN', message: 'failed', key: 'inkress#evt_3', reason: 'Error: no', ms: 7 });
  expect(metrics).toMatchObject({
    Source: 'inkress',
    Route: 'payment-success',
    ProcessingMs: [12, 30],
    EndToEndMs: [500, 900],
    Retried: 1,
    Failed: 1,
  });
  expect(others).toEqual([]);
});

test('an event that was parked untried took no time', async () => {
  const reports = reporter();
  const lines = await written(() => {
    reports.report({ outcome: 'parked', delaySeconds: 0, record: RECORD, reason: 'body-missing' });
    reports.report({ outcome: 'parked', delaySeconds: 0, record: RECORD, reason: 'Error: no', processingMs: 0 });
    reports.flush();
  });
  const [untried, tried] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(untried).not.toHaveProperty('ms');
  expect(tried).toMatchObject({ message: 'parked', ms: 0 });
  expect(lines[2]).toContain('"Route":"payment-success","Failed":2,"Parked":2}');
});

test('a replayed event has no latency: it would be counted from its first delivery', async () => {
  const reports = reporter();
  const lines = await written(() => {
    reports.report({ outcome: 'done', record: { ...RECORD, epoch: 1 }, processingMs: 12 });
    reports.flush();
  });
  expect(lines[1]).toContain('"Route":"payment-success","ProcessingMs":12}');
});

test('a message on its way to another queue is told of once, and again when its event has run since', async () => {
  const reports = reporter();
  const moving = { outcome: 'moving', delaySeconds: 0, pk: RECORD.pk } as const;
  const lines = await written(() => {
    for (let i = 0; i < 10; i++) reports.report(moving);
    reports.report({ ...moving, pk: 'inkress#evt_2' });
    reports.report({ outcome: 'parked', delaySeconds: 0, record: RECORD, reason: 'Error: no' });
    reports.report(moving);
  });

  expect(lines.map((line) => JSON.parse(line) as Record<string, unknown>)).toMatchObject([
    { message: 'moving', key: 'inkress#evt_1' },
    { message: 'moving', key: 'inkress#evt_2' },
    { message: 'parked', key: 'inkress#evt_1' },
    { message: 'moving', key: 'inkress#evt_1' },
  ]);
});
