import type { Delivery } from '../lambdas/core/delivery.ts';
import { compile } from '../lambdas/core/scheme/compile.ts';
import { explain, type Explanation } from '../lambdas/core/scheme/explain.ts';
import type { Provider } from '../lambdas/core/scheme/provider.ts';
import type { CapturedRequest } from './captured-request.ts';
import { signaturePlaces } from './fault.ts';

export function asDelivery(request: CapturedRequest, receivedAt: number): Delivery {
  const headers = new Map<string, string[]>();
  for (const [name, value] of request.headers) {
    headers.set(name.toLowerCase(), [...(headers.get(name.toLowerCase()) ?? []), value]);
  }
  const { method, url, body } = request;
  return { source: 'captured', method, url, headers, body, sourceIp: '127.0.0.1', receivedAt };
}

/** Providers that the request may be of: the signature stands where they put it. */
export function candidatesFor(delivery: Delivery, known: Iterable<Provider>): readonly Provider[] {
  return [...known].filter((provider) =>
    signaturePlaces(provider).some((place) => place.slot === 'header' && delivery.headers.has(place.name)),
  );
}

export interface Examined extends Explanation {
  readonly provider: Provider;
  /** For a delivery that is only too old or early: whether it is right apart from that. */
  readonly apartFromAge?: boolean;
}

/** Judges one delivery as the gateway would at `now`, and says why. */
export async function examine(
  provider: Provider,
  delivery: Delivery,
  secrets: readonly string[],
  now: number,
  url: string | undefined,
): Promise<Examined> {
  const keys = compile(provider, { url }).secrets(secrets);
  const explanation = await explain(provider, delivery, keys, now, { url });
  const { reason, timestamp } = explanation;
  if ((reason !== 'stale-timestamp' && reason !== 'future-timestamp') || timestamp?.ageSeconds === undefined) {
    return { provider, ...explanation };
  }
  const then = now - timestamp.ageSeconds * 1000;
  const { outcome } = await compile(provider, { url }).verify(delivery, keys, then);
  return { provider, ...explanation, apartFromAge: outcome !== 'rejected' };
}

/** Takes every part of a secret out of a text, whatever way it got there. */
export function masked(text: string, secrets: readonly string[]): string {
  const parts = secrets
    .flatMap((secret) => secret.split('\n'))
    .flatMap((line) => [line, line.slice(line.indexOf(':') + 1)])
    .map((part) => part.trim())
    .filter((part) => part.length > 3)
    .sort((a, b) => b.length - a.length);
  return parts.reduce((rest, part) => rest.replaceAll(part, '(secret)'), text);
}
