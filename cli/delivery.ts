import { decodeSecrets } from '../lambdas/core/scheme/key.ts';
import type { Provider } from '../lambdas/core/scheme/provider.ts';
import { Failure } from './failure.ts';
import { type SignedRequest, sign } from '../lambdas/core/scheme/sign.ts';

export interface Unsigned {
  readonly body: Buffer;
  readonly id: string;
  readonly type: string;
  /** Where it is sent to. */
  readonly target: string;
  /** The URL configured at the provider, where that differs: some sign it. */
  readonly url?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  /** The source's secret as stored, settings included. */
  readonly secret: string;
  /** What signs instead, for providers whose stored secret is a public key. */
  readonly key?: string | undefined;
}

/** A delivery as the provider would make it; `url` is where to send it. */
export function signDelivery(provider: Provider, unsigned: Unsigned): SignedRequest {
  const { settings } = decodeSecrets([unsigned.secret], provider.scheme.key, Object.keys(provider.settings ?? {}));
  // API Gateway only speaks HTTPS, so that is what the verifier takes a URL for, here too.
  const called = unsigned.url ?? unsigned.target.replace(/^http:/, 'https:');
  const signing = sign(provider, {
    body: unsigned.body,
    id: unsigned.id,
    type: unsigned.type,
    timestamp: unsigned.timestamp,
    secret: unsigned.key ?? unsigned.secret,
    url: called,
    settings: Object.fromEntries(
      [...settings].flatMap(([name, [first]]) => (first === undefined ? [] : [[name, first]])),
    ),
  });
  if ('unsignable' in signing) throw new Failure(sentence(signing.unsignable, provider));
  const query = signing.url.indexOf('?', signing.url.startsWith(called) ? called.length : 0);
  return { ...signing, url: query < 0 ? unsigned.target : unsigned.target + signing.url.slice(query) };
}

const PUBLIC_KEYS = new Set(['ed25519', 'ecdsa-p256-sha256', 'rsa-sha256', 'ES256', 'RS256']);

function sentence(reason: string, { title, scheme }: Provider): string {
  const first = `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`;
  if (!PUBLIC_KEYS.has(scheme.algorithm)) return first;
  return `${first} ${title} signs with a private key: make a pair of your own, store its public half with \`secret set\`, and give the private one with --key.`;
}
