import { createHash } from 'node:crypto';
import type { Answer } from '../verdict.ts';
import { type Attempt, MAX_TEXT, readText } from './attempt.ts';
import { hmac } from './hmac.ts';
import type { Key, SecretSet } from './key.ts';

import type { Part, Slot } from './part.ts';

/** A set-up request that wants a certain answer: how to recognise it and what to say. */
export interface Handshake {
  readonly method: 'GET' | 'POST' | 'HEAD';
  /** All must hold. A place that is echoed or signed must have a `matches` of bounded length here. */
  readonly when: readonly Test[];
  /** The provider signs the request, so only a verified one is answered. */
  readonly signed: boolean;
  /** Only while the source has no usable secret: afterwards nobody may offer it another. */
  readonly onlyWithoutSecret?: true;
  readonly answer: AnswerRule;
  /** Where a secret arrives in band. The host may keep it; it is never logged. */
  readonly offers?: Slot;
}

export interface Test {
  readonly part: Slot;
  readonly equals?: Part;
  readonly matches?: RegExp;
  readonly absent?: true;
}

/** `mac`: the HMAC of a place under the source's key. `sha256`: the hash, hex, of several places. */
export type AnswerPart =
  | Part
  | { readonly sha256: readonly Part[] }
  | {
      readonly mac: Slot;
      readonly algorithm: 'sha1' | 'sha256';
      readonly encoding: 'hex' | 'base64';
    };

export interface AnswerRule {
  readonly status: number;
  readonly headers?: Readonly<Record<string, readonly AnswerPart[]>>;
  readonly text?: readonly AnswerPart[];
  readonly json?: Readonly<Record<string, readonly AnswerPart[]>>;
}

export interface Greeting {
  readonly answer: Answer;
  readonly offered?: string;
}

/** The answer to a set-up request, or nothing when it is none. */
export function greet(
  handshakes: readonly Handshake[],
  attempt: Attempt,
  secrets: SecretSet,
  proved: { readonly secretIndex: number } | undefined,
): Greeting | undefined {
  const handshake = handshakes.find((candidate) => applies(candidate, attempt, secrets, proved !== undefined));
  if (!handshake) return undefined;
  const key = secrets.keys.find(({ index }) => index === (proved?.secretIndex ?? index));
  const answer = composeAnswer(handshake.answer, attempt, key);
  const offered = handshake.offers && readText(handshake.offers, attempt);
  return answer && { answer, ...(offered === undefined ? {} : { offered }) };
}

function applies(handshake: Handshake, attempt: Attempt, secrets: SecretSet, proved: boolean): boolean {
  if (handshake.signed !== proved || handshake.method !== attempt.delivery.method.toUpperCase()) return false;
  if (handshake.onlyWithoutSecret && secrets.usable > 0) return false;
  return handshake.when.every((test) => passes(test, attempt));
}

function passes(test: Test, attempt: Attempt): boolean {
  const text = readText(test.part, attempt);
  if (test.absent) return text === undefined;
  if (text === undefined || text.length > MAX_TEXT) return false;
  if (test.equals !== undefined && text !== readText(test.equals, attempt)) return false;
  return test.matches === undefined || test.matches.test(text);
}

function composeAnswer(rule: AnswerRule, attempt: Attempt, key: Key | undefined): Answer | undefined {
  const headers: Record<string, string> = {};
  for (const [name, parts] of Object.entries(rule.headers ?? {})) {
    const value = compose(parts, attempt, key);
    if (value === undefined) return undefined;
    headers[name] = value;
  }
  if (rule.json) {
    const json: Record<string, string> = {};
    for (const [name, parts] of Object.entries(rule.json)) {
      const value = compose(parts, attempt, key);
      if (value === undefined) return undefined;
      json[name] = value;
    }
    return {
      status: rule.status,
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(json),
    };
  }
  if (!rule.text) return { status: rule.status, headers };
  const text = compose(rule.text, attempt, key);
  if (text === undefined) return undefined;
  // Text that came with the request must not be taken for a page.
  const plain = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' };
  return { status: rule.status, headers: { ...plain, ...headers }, body: text };
}

function compose(parts: readonly AnswerPart[], attempt: Attempt, key: Key | undefined): string | undefined {
  let text = '';
  for (const part of parts) {
    let value: string | undefined;
    if (typeof part === 'object' && 'sha256' in part) {
      const content = compose(part.sha256, attempt, key);
      value = content === undefined ? undefined : createHash('sha256').update(content).digest('hex');
    } else if (typeof part === 'object' && 'mac' in part) {
      const content = readText(part.mac, attempt);
      value = key && content !== undefined ? hmac(part.algorithm, key, [content], part.encoding) : undefined;
    } else {
      value = readText(part, attempt);
    }
    if (value === undefined) return undefined;
    text += value;
  }
  return text;
}
