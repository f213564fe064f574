import { isDeepStrictEqual } from 'node:util';
import type { Delivery } from '../lambdas/core/delivery.ts';
import { compile, type SourceOptions } from '../lambdas/core/scheme/compile.ts';
import { atPointer, parseJson, scalarText } from '../lambdas/core/scheme/json.ts';
import type { KeyPort } from '../lambdas/core/scheme/key-port.ts';
import type { Provider } from '../lambdas/core/scheme/provider.ts';
import type { Answer, Verdict } from '../lambdas/core/verdict.ts';

/** One request with what a gateway has to say of it. */
export interface Vector {
  readonly id: string;
  readonly provider: string;
  readonly description: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly bodyBase64: string;
  readonly secrets: readonly string[];
  readonly nowUnixSeconds: number;
  readonly gateway: string;
  readonly eventId?: string | null;
  readonly eventType?: string | null;
  readonly challengeResponse?: { status: number; headers?: Record<string, string>; body?: string } | null;
}

export interface Judged {
  readonly vector: Vector;
  /** `listed`: no verdict is wrong, ours is shown. */
  readonly result: 'passed' | 'failed' | 'listed';
  readonly said: string;
  /** What differs beside the verdict. */
  readonly notes: readonly string[];
}

/** An entry that can't be judged, named by its id or its place in the list. */
export interface Broken {
  readonly id: string;
  readonly provider: unknown;
}

interface Read {
  readonly vectors: readonly Vector[];
  readonly broken: readonly Broken[];
}

/** The vectors of a file: an array of them, or an object that has one under `vectors`. */
export function readVectors(text: string | undefined): Read | { problem: string } {
  if (text === undefined) return { problem: 'cannot be read' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: 'is not JSON' };
  }
  const found: unknown = isRecord(value) ? value['vectors'] : value;
  if (!Array.isArray(found)) return { problem: 'has no list of vectors' };
  const vectors = found.filter(isVector);
  if (vectors.length === 0 && found.length > 0) return { problem: 'has no vector in its list' };
  const broken = found.flatMap((entry: unknown, index) => (isVector(entry) ? [] : [brokenEntry(entry, index)]));
  return { vectors, broken };
}

function brokenEntry(entry: unknown, index: number): Broken {
  const { id, provider }: Record<string, unknown> = isRecord(entry) ? entry : {};
  return { id: typeof id === 'string' ? id : `entry ${String(index)}`, provider };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isVector(value: unknown): value is Vector {
  if (!isRecord(value) || !isRecord(value['headers']) || !isTexts(value['secrets'])) return false;
  const texts = ['id', 'provider', 'method', 'url', 'bodyBase64', 'gateway'].map((name) => value[name]);
  const headers = Object.values(value['headers']).map((header) => [header].flat());
  return isTexts(texts) && headers.every(isTexts) && typeof value['nowUnixSeconds'] === 'number';
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

export async function judge(vector: Vector, provider: Provider | undefined): Promise<Judged> {
  if (!provider) {
    const must = vector.gateway.startsWith('must-');
    return { vector, result: must ? 'failed' : 'listed', said: `there is no provider ${vector.provider}`, notes: [] };
  }
  const setup = setupOf(vector, provider);
  const verifier = compile(provider, setup.options);
  const verdict = await verifier.verify(
    toDelivery(vector),
    verifier.secrets(setup.secrets),
    vector.nowUnixSeconds * 1000,
  );
  const said = describe(verdict);
  if (vector.gateway === 'must-reject') {
    // A signed request that the provider would not send is answered 400: it is let in as little as a forged one.
    const right = verdict.outcome === 'rejected' || verdict.outcome === 'malformed';
    return { vector, result: right ? 'passed' : 'failed', said, notes: [] };
  }
  if (vector.gateway !== 'must-accept') return { vector, result: 'listed', said, notes: [] };
  const right = verdict.outcome !== 'rejected' && !answerDiffers(vector, verdict);
  return { vector, result: right ? 'passed' : 'failed', said, notes: differences(vector, verdict) };
}

/**
 * A vector has no configuration, so what it shows counts as configured: its URL, its topic, and a certificate that
 * stands for what the certificate's address would serve. `label:value` entries are settings, as in a stored secret.
 */
function setupOf(vector: Vector, { scheme }: Provider): Setup {
  const settings = { topic: topicsOf(vector) };
  if (scheme.key.key !== 'fetched') return { secrets: vector.secrets, options: { settings } };
  const certificates = vector.secrets.filter((secret) => secret.startsWith('-----BEGIN '));
  const keys: KeyPort = { fetch: () => Promise.resolve(certificates[0]) };
  return { secrets: vector.secrets.filter((secret) => !certificates.includes(secret)), options: { keys, settings } };
}

interface Setup {
  readonly secrets: readonly string[];
  readonly options: SourceOptions;
}

/** Amazon's header repeats what the message says of itself; either may be left out. */
function topicsOf({ headers, bodyBase64 }: Vector): readonly string[] {
  const header = Object.entries(headers).find(([name]) => name.toLowerCase() === 'x-amz-sns-topic-arn')?.[1];
  if (header !== undefined) return [header].flat();
  const parsed = parseJson(Buffer.from(bodyBase64, 'base64'));
  const topic = 'value' in parsed ? scalarText(atPointer(parsed.value, ['TopicArn'])) : undefined;
  return topic === undefined ? [] : [topic];
}

export function toDelivery(vector: Vector): Delivery {
  const headers = new Map<string, readonly string[]>();
  for (const [name, value] of Object.entries(vector.headers)) {
    const key = name.toLowerCase();
    headers.set(key, [...(headers.get(key) ?? []), ...[value].flat()]);
  }
  return {
    source: vector.provider,
    method: vector.method,
    url: vector.url,
    headers,
    body: Buffer.from(vector.bodyBase64, 'base64'),
    sourceIp: '127.0.0.1',
    receivedAt: vector.nowUnixSeconds * 1000,
  };
}

function describe(verdict: Verdict): string {
  switch (verdict.outcome) {
    case 'verified':
      return `accepted (${verdict.event.strength}, type ${verdict.event.type})`;
    case 'handshake':
      return `answered ${String(verdict.answer.status)} ${verdict.answer.body ?? ''}`.trimEnd();
    case 'rejected':
      return `rejected: ${verdict.reason}`;
    case 'malformed':
      return `accepted as signed, but malformed: ${verdict.reason}`;
  }
}

/** The id and type that the vector expects, where it expects any. */
function differences(vector: Vector, verdict: Verdict): readonly string[] {
  if (verdict.outcome !== 'verified') return [];
  const { id, type } = verdict.event;
  const notes: string[] = [];
  if (typeof vector.eventId === 'string' && vector.eventId !== id) notes.push(`id ${id ?? '-'}, not ${vector.eventId}`);
  if (typeof vector.eventType === 'string' && vector.eventType !== type) {
    notes.push(`type ${type ?? '-'}, not ${vector.eventType}`);
  }
  return notes;
}

function answerDiffers(vector: Vector, verdict: Verdict): boolean {
  const expected = vector.challengeResponse;
  if (!expected) return false;
  const answer: Answer | undefined = verdict.outcome === 'handshake' ? verdict.answer : undefined;
  if (answer?.status !== expected.status) return true;
  return !isDeepStrictEqual(meaningOf(answer.body ?? ''), meaningOf(expected.body ?? ''));
}

/** JSON by its value, since the order of its names is nobody's promise; any other text as it is. */
function meaningOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
