import type { Grammar } from '../lambdas/core/scheme/grammar.ts';
import type { Provider } from '../lambdas/core/scheme/provider.ts';
import { DEFAULT_WINDOW_SECONDS } from '../lambdas/core/scheme/timestamp.ts';
import { signDelivery } from './delivery.ts';
import { signaturePlaces, signsTime, STALE_MS, strangersSecret, withoutSignature } from './fault.ts';
import { anyEvent, newId } from './samples.ts';
import type { SignedRequest } from '../lambdas/core/scheme/sign.ts';

/** One delivery and what a receiver that verifies this provider has to do with it. */
export interface Trial {
  readonly name: string;
  readonly expected: 'accepted' | 'refused';
  readonly request: SignedRequest;
}

export interface TrialOptions {
  readonly target: string;
  /** The URL configured at the provider, for those that sign it. */
  readonly url: string;
  readonly secret: string;
  readonly key?: string | undefined;
  readonly now: number;
}

/** The deliveries that a receiver must accept and those it must refuse, each with one thing about it. */
export function trialsOf(provider: Provider, options: TrialOptions): readonly Trial[] {
  const { now } = options;
  const sign = (more: { timestamp?: number; key?: string; body?: (body: Buffer) => Buffer } = {}): SignedRequest => {
    const id = newId();
    const { type, body } = anyEvent(provider, id, new Date(now));
    const event = { id, type, body: more.body?.(body) ?? body };
    return signDelivery(provider, {
      ...options,
      ...event,
      timestamp: more.timestamp ?? now,
      key: more.key ?? options.key,
    });
  };
  const trials: Trial[] = [];
  const accept = (name: string, request: SignedRequest) => trials.push({ name, expected: 'accepted', request });
  const refuse = (name: string, request: SignedRequest | undefined) => {
    if (request) trials.push({ name, expected: 'refused', request });
  };

  const first = sign();
  accept('a delivery', first);
  accept('the same delivery again', first);
  accept('letters beyond ASCII in the body', sign({ body: withText }));
  accept('a body with spaces and line breaks between its members', sign({ body: spaced }));
  accept(
    'header names in capitals',
    withHeaders(sign(), (name) => name.toUpperCase()),
  );
  if (pastSeconds(provider) > 60) accept('signed a minute ago', sign({ timestamp: now - 60_000 }));
  const several = besideAnother(provider, sign());
  if (several) accept('a signature of another secret before the right one', several);

  refuse('no signature', withoutSignature(provider, sign()));
  refuse(
    'an empty signature',
    withSignature(provider, sign(), () => ''),
  );
  refuse('signed with another secret', sign({ key: strangersSecret(provider) }));
  refuse(
    'a signature cut short',
    withSignature(provider, sign(), (text) => text.replace(/=*$/, '').slice(0, -2)),
  );
  refuse(
    'characters behind the signature',
    withSignature(provider, sign(), (text) => `${text}zz`),
  );
  refuse('a signature with one character changed', withSignature(provider, sign(), flipped));
  if (coversBody(provider)) {
    refuse('a body with one character changed', changedBody(sign()));
    refuse('a space behind the body', { ...first, body: Buffer.concat([first.body, Buffer.from(' ')]) });
    refuse('an empty body under the same signature', { ...sign(), body: Buffer.alloc(0) });
  }
  if (signsTime(provider)) {
    refuse('signed yesterday', sign({ timestamp: now - STALE_MS }));
    refuse('signed for tomorrow', sign({ timestamp: now + STALE_MS }));
    if (isNumeric(provider)) refuse('a timestamp that is no number, correctly signed', sign({ timestamp: Number.NaN }));
    refuse('a later timestamp under the same signature', withTimestamp(provider, sign(), now + 1000));
  }
  if ('token' in provider.scheme && provider.scheme.algorithm !== 'token') {
    refuse('a token that says it needs no signature', withSignature(provider, sign(), unsignedToken));
  }
  return trials;
}

function withHeaders(request: SignedRequest, rename: (name: string) => string): SignedRequest {
  const headers = Object.entries(request.headers).map(([name, value]) => [rename(name), value]);
  return { ...request, headers: Object.fromEntries(headers) as Record<string, string> };
}

/** Changes the text of the header with the signature; nothing for providers that put it elsewhere. */
function withSignature(
  provider: Provider,
  request: SignedRequest,
  change: (text: string) => string,
): SignedRequest | undefined {
  const place = signaturePlaces(provider)[0];
  if (place?.slot !== 'header') return undefined;
  const text = request.headers[place.name];
  return text === undefined ? undefined : { ...request, headers: { ...request.headers, [place.name]: change(text) } };
}

/** The first character of the last run of hex or base64 digits, which is the signature in every grammar. */
function flipped(text: string): string {
  const run = /[A-Za-z0-9+/_-]{16,}=*$/.exec(text);
  if (!run) return `${text.slice(0, -1)}x`;
  const other = text.charAt(run.index) === 'a' ? 'b' : 'a';
  return `${text.slice(0, run.index)}${other}${text.slice(run.index + 1)}`;
}

/** As during a rotation at the provider, in the grammars that have room for it. */
function besideAnother(provider: Provider, request: SignedRequest): SignedRequest | undefined {
  if (!('signature' in provider.scheme)) return undefined;
  const { grammar } = provider.scheme.signature;
  if (!ROOMY.has(grammar.grammar)) return undefined;
  const separator = 'separator' in grammar ? grammar.separator : ' ';
  return withSignature(provider, request, (text) => `${flipped(text)}${separator}${text}`);
}

const ROOMY: ReadonlySet<Grammar['grammar']> = new Set<Grammar['grammar']>(['versioned', 'list']);

function coversBody({ scheme }: Provider): boolean {
  if (scheme.algorithm === 'token') return false;
  const parts = 'content' in scheme ? scheme.content : 'covers' in scheme ? scheme.covers : [];
  return (
    parts.some((part) => typeof part === 'object' && part.slot === 'body') || ('hashed' in scheme && !!scheme.hashed)
  );
}

/** How old a delivery may be; 0 where none has a time, or too little is known of it. */
function pastSeconds({ scheme }: Provider): number {
  const rule = 'content' in scheme ? scheme.timestamp : undefined;
  return rule === undefined || rule.unit === 'digits' ? 0 : (rule.past ?? DEFAULT_WINDOW_SECONDS);
}

function isNumeric({ scheme }: Provider): boolean {
  return 'content' in scheme && scheme.timestamp !== undefined && scheme.timestamp.unit !== 'iso8601';
}

function withTimestamp(provider: Provider, request: SignedRequest, time: number): SignedRequest | undefined {
  const rule = 'content' in provider.scheme ? provider.scheme.timestamp : undefined;
  if (rule?.in.slot !== 'header' || rule.unit === 'iso8601') return undefined;
  const text = rule.unit === 's' ? Math.floor(time / 1000) : time;
  return { ...request, headers: { ...request.headers, [rule.in.name]: String(text) } };
}

function isJson(body: Buffer): boolean {
  return body.subarray(0, 1).toString() === '{';
}

function withText(body: Buffer): Buffer {
  return isJson(body) ? Buffer.from(body.toString().replace('{', '{"note":"Zoë 東京 🎉 \\u00e9",')) : body;
}

function spaced(body: Buffer): Buffer {
  return isJson(body) ? Buffer.from(`${body.toString().replace('{', '{\r\n  ')}\n`) : body;
}

function changedBody(request: SignedRequest): SignedRequest {
  const body = Buffer.from(request.body);
  const at = Math.floor(body.length / 2);
  body[at] = body[at] === 0x61 ? 0x62 : 0x61;
  return { ...request, body };
}

function unsignedToken(text: string): string {
  const [prefix = '', claims = ''] = [/^\S+ /.exec(text)?.[0], text.split('.')[1]];
  return `${prefix}${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${claims}.`;
}
