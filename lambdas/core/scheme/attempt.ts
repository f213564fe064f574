import { createHash } from 'node:crypto';
import type { Delivery } from '../delivery.ts';
import { type Fields, parseForm, parseMultipart, sortedFields } from './form.ts';
import { atPointer, parseJson, type Parsed, scalarText } from './json.ts';
import type { Part, Slot } from './part.ts';
import { rewriteUrl } from './url.ts';

/** Longer texts are no id, type, signature or challenge; nothing is matched against a pattern beyond this. */
export const MAX_TEXT = 8192;

/** One delivery while it is verified: its places read on demand, each decoded at most once. */
export class Attempt {
  readonly delivery: Delivery;
  /** The URL that is signed: the configured one, else the one called. */
  readonly url: string;
  readonly settings: ReadonlyMap<string, readonly string[]>;
  /** Fields beside the signature in its header, set once the grammar was read. */
  params: ReadonlyMap<string, string> | undefined;
  timestamp: string | undefined;
  /** The time that is signed, in milliseconds since the epoch. It counts only in what was proved. */
  signedAt: number | undefined;
  claims: unknown;
  /** A security header came more than once: which value counts is anybody's guess, so none does. */
  repeated = false;
  #json: Parsed | undefined;
  #form: Fields | undefined;
  #query: Fields | undefined;
  #inner: Map<string, Parsed> | undefined;

  constructor(delivery: Delivery, url: string | undefined, settings: ReadonlyMap<string, readonly string[]>) {
    this.delivery = delivery;
    this.url = url ?? delivery.url;
    this.settings = settings;
  }

  /** The only value of a header. Lists under one name are joined by no provider's signature scheme. */
  header(name: string): string | undefined {
    const values = this.delivery.headers.get(name);
    if (values === undefined) return undefined;
    if (values.length !== 1) this.repeated = true;
    return values[0];
  }

  json(): Parsed {
    return (this.#json ??= parseJson(this.delivery.body));
  }

  /** JSON inside another place, such as a form field. */
  jsonIn(of: Slot): Parsed {
    const text = readText(of, this) ?? '';
    this.#inner ??= new Map();
    const parsed = this.#inner.get(text) ?? parseJson(Buffer.from(text, 'utf8'));
    this.#inner.set(text, parsed);
    return parsed;
  }

  form(): Fields {
    if (this.#form) return this.#form;
    const contentType = this.delivery.headers.get('content-type')?.[0] ?? '';
    this.#form = contentType.toLowerCase().startsWith('multipart/')
      ? parseMultipart(this.delivery.body, contentType)
      : parseForm(this.delivery.body.toString('utf8'));
    return this.#form;
  }

  query(): Fields {
    const at = this.delivery.url.indexOf('?');
    return (this.#query ??= parseForm(at < 0 ? '' : this.delivery.url.slice(at + 1)));
  }
}

/** The text of a place, or nothing when the request has none there. Only `body` would be bytes: see `readContent`. */
export function readText(part: Part, attempt: Attempt): string | undefined {
  if (typeof part === 'string') return part;
  switch (part.slot) {
    case 'header':
      return attempt.header(part.name);
    case 'timestamp':
      return attempt.timestamp;
    case 'sigParam':
      return attempt.params?.get(part.key);
    case 'body':
      return attempt.delivery.body.toString('utf8');
    case 'method':
      return attempt.delivery.method.toUpperCase();
    case 'url':
      return part.as === undefined ? attempt.url : rewriteUrl(attempt.url, part.as);
    case 'query':
      return only(attempt.query().get(part.name));
    case 'form':
      return only(attempt.form().get(part.name));
    case 'sortedForm':
      return sortedFields(attempt.form());
    case 'setting':
      return attempt.settings.get(part.name)?.[0];
    default:
      return readDerived(part, attempt);
  }
}

function readDerived(part: Slot, attempt: Attempt): string | undefined {
  switch (part.slot) {
    case 'json': {
      const parsed = attempt.json();
      return 'value' in parsed ? scalarText(atPointer(parsed.value, part.pointer)) : undefined;
    }
    case 'jsonIn': {
      const parsed = attempt.jsonIn(part.of);
      return 'value' in parsed ? scalarText(atPointer(parsed.value, part.pointer)) : undefined;
    }
    case 'claim':
      return scalarText(atPointer(attempt.claims, [part.name]));
    case 'lower':
      return readText(part.of, attempt)?.toLowerCase();
    case 'base64': {
      const text = readText(part.of, attempt);
      return text === undefined ? undefined : Buffer.from(text, 'base64').toString('utf8');
    }
    case 'capture': {
      const text = readText(part.of, attempt)?.slice(0, MAX_TEXT);
      return text === undefined ? undefined : part.pattern.exec(text)?.[1];
    }
    case 'optional':
      return part.parts.some((inner) => readText(inner, attempt) === '') ? '' : (joinTexts(part.parts, attempt) ?? '');
    case 'joined':
      return joinTexts(part.parts, attempt);
    default:
      return undefined;
  }
}

function joinTexts(parts: readonly Part[], attempt: Attempt): string | undefined {
  let text = '';
  for (const part of parts) {
    const value = readText(part, attempt);
    if (value === undefined) return undefined;
    text += value;
  }
  return text;
}

/** A field that came twice is as ambiguous as a header that did. */
function only(values: readonly string[] | undefined): string | undefined {
  return values?.length === 1 ? values[0] : undefined;
}

/** The first candidate that is there and not empty. */
export function firstText(candidates: readonly Part[], attempt: Attempt): string | undefined {
  for (const candidate of candidates) {
    const text = readText(candidate, attempt);
    if (text !== undefined && text !== '') return text;
  }
  return undefined;
}

/** What is signed: texts between the literals joined, the body left as bytes. */
export type Content = readonly (string | Buffer)[];

/** The signed content, or the first place that the request lacks. */
export function readContent(parts: readonly Part[], attempt: Attempt): Content | Slot {
  const content: (string | Buffer)[] = [];
  let text = '';
  for (const part of parts) {
    if (typeof part === 'string') {
      text += part;
    } else if (part.slot === 'secret') {
      // Hashed with the key's own bytes, before or after everything else.
      continue;
    } else if (part.slot === 'body') {
      if (text !== '') content.push(text);
      text = '';
      content.push(attempt.delivery.body);
    } else {
      const value = readText(part, attempt);
      if (value === undefined) return part;
      text += value;
    }
  }
  if (text !== '') content.push(text);
  return content;
}

export function contentBytes(content: Content): Buffer {
  const first = content[0];
  if (content.length === 1 && typeof first === 'object') return first;
  return Buffer.concat(content.map((piece) => (typeof piece === 'string' ? Buffer.from(piece, 'utf8') : piece)));
}

export function contentHash(content: Content): string {
  const hash = createHash('sha256');
  for (const piece of content) hash.update(piece);
  return hash.digest('hex');
}
