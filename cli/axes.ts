import type { Delivery } from '../lambdas/core/delivery.ts';
import { type Grammar, kv, list, plain, positional, versioned } from '../lambdas/core/scheme/grammar.ts';
import { parseJson } from '../lambdas/core/scheme/json.ts';
import { base64Key, hexKey, type KeyEncoding, utf8 } from '../lambdas/core/scheme/key.ts';
import {
  body,
  header,
  method,
  type Part,
  secret,
  sigParam,
  type Slot,
  timestamp,
  url,
} from '../lambdas/core/scheme/part.ts';
import type { SignatureAlgorithm } from '../lambdas/core/scheme/provider.ts';
import { decodeStrict, type Encoding } from '../lambdas/core/scheme/text.ts';
import { readTime, type TimestampRule } from '../lambdas/core/scheme/timestamp.ts';

/** What guessing tries on each axis of a scheme, the usual first. */

const SHARED: readonly KeyEncoding[] = [utf8, base64Key('whsec_'), hexKey, { key: 'sha1' }];
const ED25519: readonly KeyEncoding[] = [
  { key: 'ed25519', text: 'hex' },
  { key: 'ed25519', text: 'base64', prefix: 'whpk_' },
];
const EC: readonly KeyEncoding[] = [{ key: 'public', type: 'ec' }];
const RSA: readonly KeyEncoding[] = [{ key: 'public', type: 'rsa' }];

/** Algorithms by the bytes that a signature of theirs has. */
const ALGORITHMS: readonly (readonly [SignatureAlgorithm, (bytes: Buffer) => boolean, readonly KeyEncoding[]])[] = [
  ['hmac-sha256', ({ length }) => length === 32, SHARED],
  ['hmac-sha1', ({ length }) => length === 20, SHARED],
  ['hmac-sha512', ({ length }) => length === 64, SHARED],
  ['ed25519', ({ length }) => length === 64, ED25519],
  ['ecdsa-p256-sha256', (bytes) => bytes[0] === 0x30 && bytes.length >= 68 && bytes.length <= 72, EC],
  ['rsa-sha256', ({ length }) => length >= 256 && length % 64 === 0, RSA],
  ['sha256', ({ length }) => length === 32, [utf8]],
  ['sha1', ({ length }) => length === 20, [utf8]],
];

const ENCODINGS: readonly Encoding[] = ['hex', 'base64', 'base64url'];

export interface Algorithm {
  readonly algorithm: SignatureAlgorithm;
  readonly encoding: Encoding;
  readonly keys: readonly KeyEncoding[];
}

/** The algorithms that signatures of this form may be of; all have one length. */
export function algorithmsFor([first = '']: readonly string[]): readonly Algorithm[] {
  return ENCODINGS.flatMap((encoding) => {
    const bytes = decodeStrict(first, encoding);
    if (!bytes) return [];
    return ALGORITHMS.flatMap(([algorithm, fits, keys]) => (fits(bytes) ? [{ algorithm, encoding, keys }] : []));
  });
}

const MAX_TEXTS = 60;

/** Where a signature or a token may stand. */
export function textsOf({
  headers,
  body: bytes,
}: Pick<Delivery, 'headers' | 'body'>): readonly (readonly [Slot, string])[] {
  const texts: (readonly [Slot, string])[] = [...headers].map(([name, [text = '']]) => [header(name), text]);
  const parsed = parseJson(bytes);
  if ('value' in parsed) collect(parsed.value, [], texts);
  return texts.slice(0, MAX_TEXTS);
}

function collect(value: unknown, pointer: readonly string[], texts: (readonly [Slot, string])[]): void {
  if (typeof value === 'string') texts.push([{ slot: 'json', pointer }, value]);
  if (typeof value !== 'object' || value === null || Array.isArray(value) || pointer.length > 2) return;
  for (const [name, inner] of Object.entries(value)) collect(inner, [...pointer, name], texts);
}

const SIGNATURE = /[A-Za-z0-9+/_-]{27,700}={0,2}/.source;
const WHOLE = new RegExp(`^([\\w-]{1,20}[=:,]|[A-Za-z0-9-]{1,20} )?${SIGNATURE}$`);
const BARE = new RegExp(`^${SIGNATURE}$`);
const PAIR = new RegExp(`^(\\w{1,20})=`);
const VERSION = new RegExp(`^(\\w{1,20},)${SIGNATURE}$`);

/** How a text may be written that has signatures in it. */
export function grammarsFor(text: string): readonly Grammar[] {
  const whole = WHOLE.exec(text);
  const grammars: Grammar[] = whole ? [one(whole[1] ?? '')] : [];
  for (const separator of [',', ';', ' ']) {
    const entries = text.split(separator).map((entry) => entry.trim());
    if (entries.length < 2 || entries.length > 32) continue;
    const [first = '', ...others] = entries;
    for (const key of distinct(entries, PAIR)) grammars.push(kv(separator, key));
    if (separator === ' ') for (const version of distinct(entries, VERSION)) grammars.push(versioned(' ', version));
    if (entries.every((entry) => BARE.test(entry))) grammars.push(list(separator));
    if (UNITS.some((unit) => readTime(first, unit) !== undefined) && others.every((entry) => BARE.test(entry))) {
      grammars.push(positional(separator));
    }
  }
  return grammars;
}

/** One signature behind `v1,` is a list that has one entry now. */
function one(prefix: string): Grammar {
  return prefix.endsWith(',') ? versioned(' ', prefix) : plain(prefix);
}

/** The first captures of the entries, if all of them have one. */
function distinct(entries: readonly string[], pattern: RegExp): readonly string[] {
  const found = entries.map((entry) => pattern.exec(entry)?.[1]);
  return found.includes(undefined) ? [] : [...new Set(found.flatMap((text) => text ?? []))];
}

const UNITS = ['s', 'ms', 'iso8601'] as const;

export interface Timed {
  readonly rule: TimestampRule;
  readonly text: string;
}

/** Whatever in headers and beside the signature can be read as a time. */
export function timesOf(delivery: Delivery, params: ReadonlyMap<string, string>): readonly Timed[] {
  const places: (readonly [Slot, string])[] = [...params].map(([key, text]) => [sigParam(key), text]);
  places.push(...[...delivery.headers].map(([name, [text = '']]) => [header(name), text] as const));
  return places.flatMap(([slot, text]) => {
    const unit = UNITS.find((candidate) => readTime(text, candidate) !== undefined);
    return unit === undefined ? [] : [{ rule: { in: slot, unit }, text }];
  });
}

export interface Signed {
  readonly content: readonly Part[];
  readonly time?: Timed;
}

const TIMELESS: readonly (readonly Part[])[] = [[body], [url, body], [body, url], [url], [method, url, body]];
const BETWEEN = ['.', ':', '', '|', '\n'];

/** The contents that providers sign, with the places this request has, for an algorithm. */
export function contentsFor(
  delivery: Delivery,
  signature: Slot,
  times: readonly Timed[],
): (algorithm: SignatureAlgorithm) => readonly Signed[] {
  const ids = [...delivery.headers].flatMap(([name, [value = '']]) =>
    /^[A-Za-z0-9_=-]{3,80}$/.test(value) && !/^\d+$/.test(value) ? [header(name)] : [],
  );
  const timed = times.flatMap((time) => timedContents(ids).map((content) => ({ content, time })));
  const timeless = [...TIMELESS, ...siblingContents(delivery, signature)].map((content) => ({ content }));
  const found: readonly Signed[] = [...timeless, ...timed].map(({ content, ...rest }) => ({
    content: content.filter((part) => part !== ''),
    ...rest,
  }));
  const digests = found.flatMap(({ content, ...rest }) => [
    { content: [secret, ...content], ...rest },
    { content: [...content, secret], ...rest },
  ]);
  return (algorithm) => (algorithm === 'sha1' || algorithm === 'sha256' ? digests : found);
}

function timedContents(ids: readonly Slot[]): readonly (readonly Part[])[] {
  const contents = BETWEEN.flatMap((dot) => [
    ...ids.map((id): readonly Part[] => [id, dot, timestamp, dot, body]),
    [timestamp, dot, body],
    [body, dot, timestamp],
  ]);
  return [
    ...contents,
    ['v0:', timestamp, ':', body],
    ['v1:', timestamp, ':', body],
    [method, url, body, timestamp],
    [timestamp, '.', url, '.', body],
  ];
}

const MAX_SIBLINGS = 5;

/** A signature inside the body can't sign the body: it signs what stands beside it. */
function siblingContents({ body: bytes }: Delivery, signature: Slot): readonly (readonly Part[])[] {
  if (signature.slot !== 'json') return [];
  const beside = signature.pointer.slice(0, -1);
  const fields = textsOf({ headers: new Map(), body: bytes })
    .map(([slot]) => slot)
    .filter((slot) => slot.slot === 'json' && slot.pointer.length === beside.length + 1)
    .filter((slot) => slot.slot === 'json' && beside.every((step, at) => slot.pointer[at] === step))
    .filter((slot) => JSON.stringify(slot) !== JSON.stringify(signature))
    .slice(0, MAX_SIBLINGS);
  const pairs = fields.flatMap((one) => fields.flatMap((other) => (one === other ? [] : [[one, other]])));
  const triples = pairs.flatMap((pair) => fields.flatMap((third) => (pair.includes(third) ? [] : [[...pair, third]])));
  return [...fields.map((field) => [field]), ...pairs, ...triples].flatMap((slots) =>
    ['', '.', ':', '|'].map((dot) => slots.flatMap((slot, at): readonly Part[] => (at === 0 ? [slot] : [dot, slot]))),
  );
}
