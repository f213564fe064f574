import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { atPointer, parseJson } from '../lambdas/core/scheme/json.ts';
import type { Slot } from '../lambdas/core/scheme/part.ts';
import type { Provider } from '../lambdas/core/scheme/provider.ts';
import type { SignedRequest } from '../lambdas/core/scheme/sign.ts';

/** What `send --fault` can spoil. */
export const FAULTS = ['bad-signature', 'stale', 'duplicate', 'unsigned', 'huge'] as const;
export type Fault = (typeof FAULTS)[number];

/** Beyond every provider's window. */
export const STALE_MS = 24 * 60 * 60_000;

/** A secret of the right form that nobody configured: what it signs looks right and is not. */
export function strangersSecret({ scheme }: Provider): string {
  switch (scheme.algorithm) {
    case 'ed25519':
      return pem(generateKeyPairSync('ed25519').privateKey);
    case 'ecdsa-p256-sha256':
    case 'ES256':
      return pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
    case 'rsa-sha256':
    case 'RS256':
      return pem(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);
    default:
      // Hexadecimal digits are a key in every way that secrets are written: text, hex and base64.
      return randomBytes(32).toString('hex');
  }
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Whether the provider says in each delivery when it sent it, so that one can be too old. */
export function signsTime({ scheme }: Provider): boolean {
  if (scheme.algorithm === 'token' || scheme.algorithm === 'code') return false;
  if (!('content' in scheme)) return true;
  // `digits`: no window is held against it.
  return scheme.timestamp !== undefined && scheme.timestamp.unit !== 'digits';
}

/** The places of the signature; none are declared for schemes that are code. */
export function signaturePlaces({ scheme }: Provider): readonly Slot[] {
  switch (scheme.algorithm) {
    case 'code':
      return [];
    case 'token':
    case 'HS256':
    case 'HS384':
    case 'HS512':
    case 'ES256':
    case 'RS256':
      return [scheme.token.in];
    default: {
      const place = scheme.signature.in;
      if ('slot' in place) return [place];
      return place.place === 'any' ? place.of : [{ slot: 'header', name: `${place.prefix}1` }];
    }
  }
}

/** The request without its signature; nothing when that can't be taken out of it. */
export function withoutSignature(provider: Provider, request: SignedRequest): SignedRequest | undefined {
  const places = signaturePlaces(provider);
  if (places.length === 0) return undefined;
  const headers = Object.entries(request.headers).filter(
    ([name]) => !places.some((place) => place.slot === 'header' && place.name === name),
  );
  let { url, body } = request;
  for (const place of places) {
    if (place.slot === 'query') url = withoutQuery(url, place.name);
    else if (place.slot === 'form') body = withoutField(body, place.name);
    else if (place.slot === 'json') body = withoutMember(body, place.pointer);
    else if (place.slot === 'jsonIn' && place.of.slot === 'form') body = withoutField(body, place.of.name);
    else if (place.slot !== 'header') return undefined;
  }
  return { ...request, url, headers: Object.fromEntries(headers), body };
}

function withoutQuery(text: string, name: string): string {
  const url = new URL(text);
  url.searchParams.delete(name);
  return url.href;
}

function withoutField(body: Buffer, name: string): Buffer {
  const fields = new URLSearchParams(body.toString('utf8'));
  fields.delete(name);
  return Buffer.from(fields.toString());
}

function withoutMember(body: Buffer, pointer: readonly string[]): Buffer {
  const parsed = parseJson(body);
  if (!('value' in parsed)) return body;
  const root = structuredClone(parsed.value);
  const owner = atPointer(root, pointer.slice(0, -1));
  const name = pointer.at(-1);
  if (typeof owner === 'object' && owner !== null && name !== undefined) Reflect.deleteProperty(owner, name);
  return Buffer.from(JSON.stringify(root));
}

/** One byte more than the source takes, and still the same JSON. */
export function oversized(body: Buffer, maxBodyBytes: number): Buffer {
  return Buffer.concat([body, Buffer.alloc(Math.max(1, maxBodyBytes + 1 - body.length), ' ')]);
}
