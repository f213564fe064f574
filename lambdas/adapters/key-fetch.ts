import type { KeyPort, KeyQuestion } from '../core/scheme/key-port.ts';
import type { Clock } from '../core/ports.ts';

const TIMEOUT_MILLIS = 2000;
const FOUND_MILLIS = 24 * 60 * 60 * 1000;
const ABSENT_MILLIS = 60 * 1000;
/** Certificates and keys have a few KB. */
const MAX_BYTES = 64 * 1024;
const MAX_ENTRIES = 64;
/** A stranger may name any address the pin allows: beyond this many questions a minute nothing new is asked. */
const MAX_QUESTIONS_PER_MINUTE = 20;

interface Found {
  readonly text: string;
  readonly until: number;
}

/**
 * The keys that providers publish, over https, without redirects, cached. A provider that can't be reached is an error,
 * so that the delivery is answered 503 and sent again; one that answers anything but 200 has no such key. Too many
 * questions are an error too, for it is our limit and the key may be there. What strangers make up takes no place from the
 * keys that were found, nor keeps one of those from being asked for anew.
 */
export function keyFetcher(clock: Pick<Clock, 'now'>, request: typeof fetch = fetch): KeyPort {
  /** The one that was used last is the last one. */
  const found = new Map<string, Found>();
  const absentUntil = new Map<string, number>();
  let asked: number[] = [];
  return {
    async fetch(address, question = {}) {
      if (!address.startsWith('https://')) return undefined;
      const name = `${address} ${JSON.stringify(question)}`;
      const now = clock.now();
      const known = found.get(name);
      if (known && known.until > now) {
        keep(found, name, known);
        return known.text;
      }
      if ((absentUntil.get(name) ?? 0) > now) return undefined;
      if (!known) {
        asked = asked.filter((at) => at > now - 60_000);
        if (asked.length >= MAX_QUESTIONS_PER_MINUTE) throw new Error('Too many keys are asked for: nobody was asked.');
        asked.push(now);
      }
      const text = await ask(request, address, question);
      if (text === undefined) {
        found.delete(name);
        keep(absentUntil, name, now + ABSENT_MILLIS);
      } else {
        const held = question.holdsSeconds === undefined ? FOUND_MILLIS : question.holdsSeconds * 1000;
        keep(found, name, { text, until: now + held });
      }
      return text;
    },
  };
}

/** As the last one; the first one goes when there are too many. */
function keep<T>(entries: Map<string, T>, name: string, entry: T): void {
  entries.delete(name);
  const first = entries.keys().next();
  if (entries.size >= MAX_ENTRIES && !first.done) entries.delete(first.value);
  entries.set(name, entry);
}

async function ask(
  request: typeof fetch,
  address: string,
  { json, form, authorization }: KeyQuestion,
): Promise<string | undefined> {
  const response = await request(address, {
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MILLIS),
    headers: {
      ...(json && { 'content-type': 'application/json' }),
      ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
      ...(authorization !== undefined && { authorization }),
    },
    ...(json && { method: 'POST', body: JSON.stringify(json) }),
    ...(form && { method: 'POST', body: new URLSearchParams(form).toString() }),
  });
  if (response.status >= 500) throw new Error(`The provider's keys can't be had: ${String(response.status)}`);
  if (response.status !== 200 || Number(response.headers.get('content-length') ?? 0) > MAX_BYTES) return undefined;
  const text = await response.text();
  return text.length > MAX_BYTES ? undefined : text;
}
