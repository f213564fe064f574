import type { Clock } from '../core/ports.ts';

/**
 * How every SDK client is made: a provider waits seconds, not minutes, so a call that hangs is given up and repeated.
 * Three tries in all, the SDK's own back-off between them.
 */
export const clientOptions = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
} as const;

export const systemClock: Clock = {
  now: () => Date.now(),
  alarm: (ms, ring) => {
    const timer = setTimeout(ring, ms);
    return () => clearTimeout(timer);
  },
};
