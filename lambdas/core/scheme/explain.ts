import type { Delivery } from '../delivery.ts';
import type { RejectionReason, Verdict } from '../verdict.ts';
import { Attempt, contentBytes, readContent, readText } from './attempt.ts';
import { compile, type SourceOptions } from './compile.ts';
import { readSignatures } from './grammar.ts';
import { type BoundClaim, describeToken } from './jws.ts';
import type { SecretSet } from './key.ts';
import { expectedSignature } from './mac.ts';
import { describePart } from './part.ts';
import type { CodeScheme, JwsScheme, Provider, Scheme, SignatureScheme } from './provider.ts';
import { readTime } from './timestamp.ts';

/** How a body was changed on its way, found by undoing the change. */
export type Reencoding =
  | 'json-reprinted'
  | 'byte-order-mark-removed'
  | 'byte-order-mark-added'
  | 'decoded-as-utf8'
  | 'decoded-as-latin1'
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
  /** The body has what decoders put in the place of bytes that they can't read: what was signed is not to be had back. */
  readonly lossy?: true;
  /** The signed content, place by place, each cut to `MAX_SHOWN` characters. */
  readonly signed: readonly { readonly place: string; readonly text: string }[];
  /** The signatures that came. */
  readonly received: readonly string[];
  /** What each usable secret would have signed. */
  readonly expected: readonly string[];
  /** What the claims of a token say, and what they would have to say for this request. */
  readonly claims?: readonly BoundClaim[];
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
  const attempt = new Attempt(delivery, options.url, secrets.settings);
  const shown = show(provider.scheme, attempt, secrets, nowMs);
  if (verdict.outcome !== 'rejected') return { verdict, ...shown };
  const reencoding = await findReencoding(provider, delivery, secrets, nowMs, options, verdict.reason);
  return {
    verdict,
    reason: reencoding ? 'body-reencoded' : verdict.reason,
    ...(reencoding ? { reencoding } : isLossy(delivery.body, verdict.reason) && { lossy: true as const }),
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
    ['decoded-as-latin1', Buffer.from(text, 'latin1')],
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

function isLossy(body: Buffer, reason: RejectionReason): boolean {
  return reason === 'wrong-secret-or-changed-body' && body.includes('\ufffd');
}

type Shown = Pick<Explanation, 'signed' | 'received' | 'expected' | 'claims' | 'timestamp'>;

const NOTHING: Shown = { signed: [], received: [], expected: [] };

function show(scheme: Scheme, attempt: Attempt, secrets: SecretSet, nowMs: number): Shown {
  if ('content' in scheme) return showScheme(scheme, attempt, secrets, nowMs);
  if (scheme.algorithm === 'token') return NOTHING;
  return scheme.algorithm === 'code' ? showCode(scheme, attempt, secrets) : showToken(scheme, attempt, secrets, nowMs);
}

function showToken(scheme: JwsScheme, attempt: Attempt, secrets: SecretSet, nowMs: number): Shown {
  const token = describeToken(scheme, attempt, secrets);
  if (!token) return NOTHING;
  const { signingInput, received, expected, claims, issuedAt } = token;
  return {
    signed: [{ place: 'token', text: cut(signingInput) }],
    received: [received],
    expected,
    claims,
    ...(issuedAt !== undefined && {
      timestamp: { text: String(issuedAt), ageSeconds: Math.round(nowMs / 1000 - issuedAt) },
    }),
  };
}

function showCode({ describe }: CodeScheme, attempt: Attempt, { keys }: SecretSet): Shown {
  const described = describe?.(attempt) ?? [];
  return {
    signed: described.map(({ content }) => ({ place: 'content', text: cut(contentBytes(content).toString('utf8')) })),
    received: described.map(({ received }) => received),
    expected: described.flatMap(({ by, content }) => keys.flatMap((key) => expectedSignature(by, content, key) ?? [])),
  };
}

function showScheme(scheme: SignatureScheme, attempt: Attempt, secrets: SecretSet, nowMs: number): Shown {
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
