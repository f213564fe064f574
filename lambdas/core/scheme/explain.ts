import { type Delivery } from '../delivery.ts';
import { type RejectionReason, type Verdict } from '../verdict.ts';
import { Attempt, readContent, readText } from './attempt.ts';
import { compile, type SourceOptions } from './compile.ts';
import { readSignatures } from './grammar.ts';
import { type SecretSet } from './key.ts';
import { expectedSignature } from './mac.ts';
import { describePart } from './part.ts';
import { type Provider, type SignatureScheme } from './provider.ts';
import { readTime } from './timestamp.ts';

/** How a body was changed on its way, found by undoing the change. */
export type Reencoding =
  | 'json-reprinted'
  | 'byte-order-mark-removed'
  | 'byte-order-mark-added'
  | 'decoded-as-utf8'
  | 'base64-not-decoded'
  | 'newline-added'
  | 'newline-removed'
  | 'line-ends-changed';

/** Why a delivery was refused, for the operator. It holds what the secret signs: it is never sent or logged. */
export interface Explanation {
  readonly verdict: Verdict;
  /** The reason, more precise than the verdict's where a changed body was recognised. */
  readonly reason?: RejectionReason;
  readonly reencoding?: Reencoding;
  /** The signed content, place by place, each cut to `MAX_SHOWN` characters. */
  readonly signed: readonly { readonly place: string; readonly text: string }[];
  /** The signatures that came. */
  readonly received: readonly string[];
  /** What each usable secret would have signed. */
  readonly expected: readonly string[];
  readonly timestamp?: { readonly text: string; readonly ageSeconds?: number };
}

const MAX_SHOWN = 400;
/** Larger bodies are not taken apart: each guess costs a signature. */
const MAX_BODY = 64 * 1024;

export async function explain(
  provider: Provider,
  delivery: Delivery,
  secrets: SecretSet,
  nowMs: number,
  options: SourceOptions = {},
): Promise<Explanation> {
  const verdict = await compile(provider, options).verify(delivery, secrets, nowMs);
  const shown = 'content' in provider.scheme ? showScheme(provider.scheme, delivery, secrets, nowMs, options) : NOTHING;
  if (verdict.outcome !== 'rejected') return { verdict, ...shown };
  const reencoding = await findReencoding(provider, delivery, secrets, nowMs, options, verdict.reason);
  return {
    verdict,
    reason: reencoding ? 'body-reencoded' : verdict.reason,
    ...(reencoding && { reencoding }),
    ...shown,
  };
}

/**
 * Whether the signature is right for the body as it was before something on the way rewrote it. Nothing is accepted
 * by it. Only for the operator's tools and the sampled security log: it costs several signatures.
 */
export async function findReencoding(
  provider: Provider,
  delivery: Delivery,
  secrets: SecretSet,
  nowMs: number,
  options: SourceOptions,
  reason: RejectionReason,
): Promise<Reencoding | undefined> {
  // Every other reason was found before the body mattered.
  if (reason !== 'wrong-secret-or-changed-body' || delivery.body.length > MAX_BODY) return undefined;
  const verifier = compile(provider, options);
  for (const [name, body] of originalsOf(delivery.body)) {
    if (body.equals(delivery.body)) continue;
    const { outcome } = await verifier.verify({ ...delivery, body }, secrets, nowMs);
    if (outcome !== 'rejected') return name;
  }
  return undefined;
}

/** What the body may have been before it was changed. */
function originalsOf(body: Buffer): readonly (readonly [Reencoding, Buffer])[] {
  const text = body.toString('utf8');
  const bom = Buffer.from('\ufeff', 'utf8');
  const lines = text.includes('\r\n') ? text.replaceAll('\r\n', '\n') : text.replaceAll('\n', '\r\n');
  const originals: [Reencoding, Buffer][] = [
    ['decoded-as-utf8', Buffer.from(text, 'utf8')],
    ['byte-order-mark-added', body.subarray(0, 3).equals(bom) ? body.subarray(3) : body],
    ['byte-order-mark-removed', Buffer.concat([bom, body])],
    ['newline-added', body.at(-1) === 10 ? body.subarray(0, body.at(-2) === 13 ? -2 : -1) : body],
    ['newline-removed', Buffer.concat([body, Buffer.from('\n')])],
    ['newline-removed', Buffer.concat([body, Buffer.from('\r\n')])],
    ['line-ends-changed', Buffer.from(lines)],
  ];
  if (/^[A-Za-z0-9+/\r\n]+={0,2}\s*$/.test(text)) originals.push(['base64-not-decoded', Buffer.from(text, 'base64')]);
  for (const printed of reprints(text)) originals.push(['json-reprinted', Buffer.from(printed)]);
  return originals;
}

/** The writings that JSON libraries give the same value. */
function reprints(text: string): readonly string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [];
  }
  const compact = JSON.stringify(value);
  const escaped = compact.replace(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const spaced = JSON.stringify(value, null, 1)
    .replace(/\n */g, ' ')
    .replace(/([[{]) /g, '$1')
    .replace(/ ([\]}])/g, '$1');
  return [compact, JSON.stringify(value, null, 2), JSON.stringify(value, null, 4), spaced, escaped];
}

const NOTHING = { signed: [], received: [], expected: [] };

function showScheme(
  scheme: SignatureScheme,
  delivery: Delivery,
  secrets: SecretSet,
  nowMs: number,
  options: SourceOptions,
): Pick<Explanation, 'signed' | 'received' | 'expected' | 'timestamp'> {
  const attempt = new Attempt(delivery, options.url, secrets.settings);
  const groups = readSignatures(scheme.signature.in, scheme.signature.grammar, attempt);
  const group = typeof groups === 'string' ? undefined : groups[0];
  attempt.params = group?.params;
  attempt.timestamp = scheme.timestamp && readText(scheme.timestamp.in, attempt);
  const content = readContent(scheme.content, attempt);
  const complete = Array.isArray(content) ? (content as readonly (string | Buffer)[]) : undefined;
  const signed = scheme.content.map((part) => ({
    place: describePart(part),
    text: typeof part === 'object' && part.slot === 'secret' ? '(the secret)' : cut(readText(part, attempt)),
  }));
  const expected = complete ? secrets.keys.flatMap((key) => expectedSignature(scheme, complete, key) ?? []) : [];
  const received = typeof groups === 'string' ? [] : groups.flatMap(({ candidates }) => candidates);
  if (!scheme.timestamp || attempt.timestamp === undefined) return { signed, received, expected };
  const time = readTime(attempt.timestamp, scheme.timestamp.unit);
  const age = time === undefined ? {} : { ageSeconds: Math.round((nowMs - time) / 1000) };
  return { signed, received, expected, timestamp: { text: cut(attempt.timestamp), ...age } };
}

function cut(text: string | undefined): string {
  if (text === undefined) return '(absent)';
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}… (${String(text.length)} characters)` : text;
}
