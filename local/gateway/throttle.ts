import type { Throttle } from '../template/desired.ts';

/** A token bucket: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #at: number | undefined;

  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /** Takes one token at `now` (milliseconds), if there is one. */
  take(now: number): boolean {
    const passed = Math.max(0, now - (this.#at ?? now));
    this.#at = now;
    this.#tokens = Math.min(this.#burst, this.#tokens + (passed / 1000) * this.#perSecond);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

/** One bucket per method of the API: the most specific setting of the stage that names it counts. */
export function throttler(
  settings: readonly Throttle[],
): (httpMethod: string, resourcePath: string, now: number) => boolean {
  const buckets = new Map<string, TokenBucket | undefined>();
  return (httpMethod, resourcePath, now) => {
    const key = `${httpMethod} ${resourcePath}`;
    if (!buckets.has(key)) {
      const setting = settingFor(settings, httpMethod, resourcePath);
      buckets.set(key, setting && new TokenBucket(setting.perSecond, setting.burst));
    }
    return buckets.get(key)?.take(now) ?? true;
  };
}

function settingFor(settings: readonly Throttle[], httpMethod: string, resourcePath: string): Throttle | undefined {
  const fits = settings.filter(
    (one) =>
      (one.httpMethod === '*' || one.httpMethod === httpMethod) &&
      (one.resourcePath === '/*' || one.resourcePath === resourcePath),
  );
  const rank = (one: Throttle) => (one.resourcePath === '/*' ? 0 : 2) + (one.httpMethod === '*' ? 0 : 1);
  return fits.sort((a, b) => rank(b) - rank(a))[0];
}
