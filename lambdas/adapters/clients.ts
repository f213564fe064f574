import type { Clock } from '../core/ports.ts';

/**
 * How every SDK client is made: a provider waits seconds, not minutes, so a call that hangs is given up and repeated.
 * Three tries in all, the SDK's own back-off between them. What a command goes through is put together once: nothing is
 * added to a client's middleware after its first call, and putting it together anew is an eighth of a call.
 * https://docs.aws.amazon.com/AWSJavaScriptSDK/v3/latest/Package/-smithy-smithy-client/Interface/SmithyConfiguration/
 */
export const clientOptions = {
  maxAttempts: 3,
  cacheMiddleware: true,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
} as const;

export const systemClock: Clock = {
  now: () => Date.now(),
  alarm: (ms, ring) => {
    const timer = setTimeout(ring, ms);
    return () => clearTimeout(timer);
  },
};
