import { deliveryReport } from '../../../lambdas/adapters/reports/delivery-report.ts';
import { createEmf } from '../../../lambdas/adapters/reports/emf.ts';
import { createLog } from '../../../lambdas/adapters/reports/log.ts';
import { processingReport } from '../../../lambdas/adapters/reports/processing-report.ts';
import type { Receipt } from '../../../lambdas/core/receipt.ts';
import type { EventRecord } from '../../../lambdas/core/record.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { written } from '../../support/written.ts';

const NOON = 1_795_334_400_000;

// The library of the metrics warns of a time that is far from now.
beforeEach(() => void jest.spyOn(Date, 'now').mockReturnValue(NOON));
afterEach(() => void jest.restoreAllMocks());

const WEBHOOKS = 100;

/** An event of Scalekit is known by its id, one of Skribby by the hash of what it signs. */
const SOURCES = {
  scalekit: { key: 'evt_908a08d7185e6c6fc9100b63', route: 'user-created', signedAt: NOON - 120 },
  skribby: { key: 'a049e0d95887352c721d63cb753389c431b6e110ff89f7b1d6682cdf3c9baa92', route: 'status-update' },
};

/** What the verifier and the processor write for a hundred webhooks that come in a stream, each by itself. */
async function bytesOf(source: keyof typeof SOURCES, batch: number): Promise<number> {
  const { key, route, ...signed } = SOURCES[source];
  const clock = new ManualClock(NOON);
  const log = createLog('a function');
  const emit = createEmf('prod');
  const deliver = deliveryReport({ log, emit, clock, signatureHeader: () => undefined, keep: () => Promise.resolve() });
  const receipt: Receipt = {
    receipt: 'accepted',
    via: 'queue',
    event: { key, type: 'a.type', route, secret: { stage: 'AWSCURRENT' }, ...signed },
  };
  const record: EventRecord = {
    v: 1,
    pk: `${source}#${key}`,
    status: 'DONE',
    source,
    type: 'a.type',
    route,
    bodySha256: '',
    bodyBytes: 1,
    receivedAt: NOON - 150,
    epoch: 0,
    attempt: 1,
    expiresAt: 0,
  };
  const processed = processingReport({ log, emit, source, route, now: () => clock.now() });
  const lines = await written(async () => {
    // The first after a pause is not of the stream.
    for (let i = 0; i <= WEBHOOKS; i++) {
      const delivery = {
        source,
        method: 'POST',
        url: `https://example.com/webhooks/${source}`,
        headers: new Map(),
        body: Buffer.alloc(0),
        sourceIp: '203.0.113.7',
        receivedAt: clock.now() - 14,
      };
      await deliver(delivery, source, receipt);
      clock.advance(10);
    }
    for (let i = 1; i <= WEBHOOKS; i++) {
      processed.report({ outcome: 'done', record, processingMs: 12 });
      if (i % batch === 0) processed.flush();
    }
  });
  return lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0) / WEBHOOKS;
}

test.each([
  ['scalekit', 1, 560],
  ['scalekit', 3, 400],
  ['scalekit', 10, 300],
  ['skribby', 1, 625],
  ['skribby', 5, 400],
  ['skribby', 10, 360],
] as const)(
  'a webhook of %s that is processed %d at a time writes at most %d bytes of log',
  async (source, batch, most) => {
    const bytes = await bytesOf(source, batch);
    expect(bytes).toBeLessThanOrEqual(most);
    expect(bytes).toBeGreaterThan(most * 0.9);
  },
);
