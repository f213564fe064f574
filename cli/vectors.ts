import { isDeepStrictEqual } from 'node:util';
import { type Delivery } from '../lambdas/core/delivery.ts';
import { compile } from '../lambdas/core/scheme/compile.ts';
import { type KeyPort } from '../lambdas/core/scheme/key-port.ts';
import { type Provider } from '../lambdas/core/scheme/provider.ts';
import { type Answer, type Verdict } from '../lambdas/core/verdict.ts';

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
  readonly keyKind?: string;
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

/** The vectors of a file: an array of them, or an object that has one under `vectors`. */
export function readVectors(text: string | undefined): { vectors: readonly Vector[] } | { problem: string } {
  if (text === undefined) return { problem: 'cannot be read' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: 'is not JSON' };
  }
  const found: unknown = isRecord(value) ? value['vectors'] : value;
  if (!Array.isArray(found)) return { problem: 'has no list of vectors' };
  const broken = found.findIndex((vector) => !isVector(vector));
  return broken < 0 ? { vectors: found as Vector[] } : { problem: `entry ${String(broken)} is no vector` };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isVector(value: unknown): value is Vector {
  if (!isRecord(value) || !isRecord(value['headers']) || !Array.isArray(value['secrets'])) return false;
  const texts = ['id', 'provider', 'method', 'url', 'bodyBase64', 'gateway'];
  return texts.every((name) => typeof value[name] === 'string') && typeof value['nowUnixSeconds'] === 'number';
}

export async function judge(vector: Vector, provider: Provider | undefined): Promise<Judged> {
  if (!provider) {
    const must = vector.gateway.startsWith('must-');
    return { vector, result: must ? 'failed' : 'listed', said: `there is no provider ${vector.provider}`, notes: [] };
  }
  const setup = setupOf(vector);
  const verifier = compile(provider, setup.options);
  const verdict = await verifier.verify(
    toDelivery(vector),
    verifier.secrets(setup.secrets),
    vector.nowUnixSeconds * 1000,
  );
  const accepted = verdict.outcome !== 'rejected';
  const notes = vector.gateway === 'must-accept' ? differences(vector, verdict) : [];
  const wrongAnswer = vector.gateway === 'must-accept' && answerDiffers(vector, verdict);
  if (!vector.gateway.startsWith('must-')) return { vector, result: 'listed', said: describe(verdict), notes };
  const right = accepted === (vector.gateway === 'must-accept') && !wrongAnswer;
  return { vector, result: right ? 'passed' : 'failed', said: describe(verdict), notes };
}

/**
 * A vector has no configuration, so what it shows counts as configured: its URL, its topic, and a certificate that
 * stands for what the certificate's address would serve. `label:value` entries are settings, as in a stored secret.
 */
function setupOf(vector: Vector): { secrets: readonly string[]; options: Parameters<typeof compile>[1] } {
  const topic = Object.entries(vector.headers).find(([name]) => name.toLowerCase() === 'x-amz-sns-topic-arn')?.[1];
  const topics = topic === undefined ? [] : [topic].flat();
  if (vector.keyKind?.startsWith('X.509 certificate') !== true) {
    return { secrets: vector.secrets, options: { settings: topics.length > 0 ? { topic: topics } : {} } };
  }
  const certificates = vector.secrets.filter((secret) => secret.startsWith('-----BEGIN '));
  const keys: KeyPort = { fetch: () => Promise.resolve(certificates[0]) };
  const secrets = vector.secrets.filter((secret) => !certificates.includes(secret));
  return { secrets, options: { keys, settings: { topic: topics } } };
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
