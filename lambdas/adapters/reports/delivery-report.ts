import { createHash } from 'node:crypto';
import type { Delivery } from '../../core/delivery.ts';
import {
  CLOCK_DIFFERENCE_METRIC,
  DELIVERY_METRIC,
  DIMENSION,
  ENQUEUE_METRIC,
  OVERLAP_OVERDUE_METRIC,
  SECRET_VERSION_METRIC,
  UNLISTED_METRIC,
  VERSION,
} from '../../core/metrics.ts';
import type { Clock } from '../../core/ports.ts';
import { recordKey } from '../../core/record.ts';
import type { Receipt } from '../../core/receipt.ts';
import type { createEmf, Measurement } from './emf.ts';
import type { Log } from './log.ts';
import { sampler, tally } from './tally.ts';

/** One refused attempt, for those who look for an attacker. Nothing of the payload, no header value. */
export interface RefusedAttempt {
  readonly time: string;
  readonly source: string;
  readonly reason: string;
  readonly address: string;
  /** First 8 hex digits of the SHA-256 of what was sent as a signature: tells repeats apart and gives nothing away. */
  readonly signature?: string;
}

export interface DeliveryReportOptions {
  readonly log: Log;
  readonly emit: ReturnType<typeof createEmf>;
  readonly clock: Clock;
  /** Name of the header that carries a source's signature, lower-case. */
  readonly signatureHeader: (source: string) => string | undefined;
  /** Keeps refused attempts, in the order in which they came. */
  readonly keep: (attempts: readonly RefusedAttempt[]) => Promise<void>;
}

/**
 * What operators hear of a delivery: one log line, and counts. A refused attempt has no line of its own but in the
 * security log, where the first twenty a minute of each source and reason are.
 *
 * @returns reports one delivery; `source` is a configured name, because a stranger must not be able to make one up
 */
export function deliveryReport({ log, emit, clock, signatureHeader, keep }: DeliveryReportOptions) {
  const counts = tally(clock);
  const mayHaveLine = sampler(clock);
  const mayCountAtOnce = sampler(clock);

  return async (delivery: Delivery, source: string, receipt: Receipt): Promise<void> => {
    const bySource = { [DIMENSION.source]: source };
    counts.add(DELIVERY_METRIC.received, bySource);
    counts.add(DELIVERY_METRIC[receipt.receipt], bySource);
    if (receipt.receipt === 'rejected') {
      counts.add(DELIVERY_METRIC.rejected, { ...bySource, [DIMENSION.reason]: receipt.reason });
      if (mayHaveLine(`${source} ${receipt.reason}`)) {
        await keep([attemptOf(delivery, source, receipt.reason, signatureHeader(source))]);
      }
    } else {
      const event = 'event' in receipt ? receipt.event : undefined;
      if (event) {
        const { stage, overdue } = event.secret;
        if (stage !== 'AWSCURRENT')
          counts.add(SECRET_VERSION_METRIC, { ...bySource, [DIMENSION.version]: VERSION[stage] });
        if (overdue) counts.add(OVERLAP_OVERDUE_METRIC, bySource);
      }
      if (event?.unlisted) {
        log.warn('from an unlisted address', { source, ip: delivery.sourceIp });
        counts.add(UNLISTED_METRIC, bySource);
      }
      if (receipt.receipt === 'accepted' && receipt.event.signedAt !== undefined)
        counts.add(CLOCK_DIFFERENCE_METRIC, bySource, delivery.receivedAt - receipt.event.signedAt);
      const ms = clock.now() - delivery.receivedAt;
      if (receipt.receipt === 'accepted' && receipt.via === 'queue') counts.add(ENQUEUE_METRIC, bySource, ms);
      const write = receipt.receipt === 'unavailable' ? log.warn : log.info;
      write(receipt.receipt, {
        ...(event
          ? // Its record has the route, and the processor's log is the route's.
            { key: recordKey(source, event.key), ...(event.route === undefined && { type: event.type }) }
          : { source }),
        ...('via' in receipt && receipt.via !== 'queue' && { via: receipt.via }),
        ...('sameBody' in receipt && !receipt.sameBody && { sameBody: false }),
        ...('reason' in receipt && { reason: receipt.reason }),
        ms,
      });
    }
    // A burst of these may be all that comes to this container, and what it holds back would be lost with it. More than
    // twenty a minute are a flood, which fills itself what is handed over together.
    const atOnce = receipt.receipt === 'unavailable' || (receipt.receipt === 'rejected' && mayCountAtOnce('rejected'));
    for (const { dimensions, values: gathered, since } of counts.due(atOnce)) {
      emit.at(since)(
        [...gathered].map(([name, values]): Measurement => {
          if (name.endsWith('Ms')) return { name, value: values, unit: 'Milliseconds' };
          return { name, value: values.length };
        }),
        dimensions,
      );
    }
  };
}

function attemptOf(delivery: Delivery, source: string, reason: string, header: string | undefined): RefusedAttempt {
  const sent = header === undefined ? undefined : delivery.headers.get(header)?.join(',');
  return {
    time: new Date(delivery.receivedAt).toISOString(),
    source,
    reason,
    address: delivery.sourceIp,
    ...(sent !== undefined && { signature: createHash('sha256').update(sent).digest('hex').slice(0, 8) }),
  };
}
