import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { atPointer, parseJson, scalarText } from '../lambdas/core/scheme/json.ts';
import type { Part } from '../lambdas/core/scheme/part.ts';
import type { Provider } from '../lambdas/core/scheme/provider.ts';
import { bareEvent, setAt } from './bare-event.ts';

/** `examples/events/<provider>/<type>.json`, or `.form` for providers that send forms; in it `{{id}}` and `{{now}}` stand for what differs between events. */
const EVENTS = resolve(import.meta.dirname, '..', 'examples', 'events');

/** The types of which there is a sample. */
export function sampleTypes(provider: string): readonly string[] {
  return sampleFiles(provider)
    .map((file) => file.replace(BODY_FILE, ''))
    .sort();
}

const BODY_FILE = /\.(json|form)$/;

function sampleFiles(provider: string): readonly string[] {
  const folder = join(EVENTS, provider);
  return existsSync(folder) ? readdirSync(folder).filter((file) => BODY_FILE.test(file)) : [];
}

/** A sample of the type with this id and time, or nothing when there is none. */
export function sampleEvent(provider: string, type: string, id: string, now: Date): Buffer | undefined {
  const name = sampleFiles(provider).find((file) => file.replace(BODY_FILE, '') === type);
  if (name === undefined) return undefined;
  const text = readFileSync(join(EVENTS, provider, name), 'utf8');
  const filled = text.replaceAll('{{id}}', JSON.stringify(id).slice(1, -1)).replaceAll('{{now}}', now.toISOString());
  return Buffer.from(filled.trimEnd());
}

/** Any event of the provider: its first sample, else the least it sends. */
export function anyEvent(provider: Provider, id: string, now: Date): { readonly type: string; readonly body: Buffer } {
  const type = sampleTypes(provider.name)[0] ?? 'sample.type';
  return { type, body: sampleEvent(provider.name, type, id, now) ?? bareEvent(provider, type, id) };
}

/** An id as new as the event. */
export function newId(): string {
  return `evt_${randomBytes(12).toString('hex')}`;
}

/** The id or type that a body itself has at one of the places. */
export function readField(parts: readonly Part[], body: Buffer): string | undefined {
  const parsed = parseJson(body);
  if (!('value' in parsed)) return undefined;
  for (const part of parts) {
    if (typeof part === 'string' || part.slot !== 'json') continue;
    const text = scalarText(atPointer(parsed.value, part.pointer));
    if (text !== undefined) return text;
  }
  return undefined;
}

/** A body with another id in it; as it was when it has no place for one. */
export function withId(provider: Provider, body: Buffer, id: string): Buffer {
  const parsed = parseJson(body);
  const part = provider.id.find((candidate) => typeof candidate === 'object' && candidate.slot === 'json');
  if (!('value' in parsed) || !isObject(parsed.value) || typeof part !== 'object' || part.slot !== 'json') return body;
  const root = structuredClone(parsed.value);
  setAt(root, part.pointer, id);
  return Buffer.from(JSON.stringify(root));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
