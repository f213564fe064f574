import { generateKeyPairSync } from 'node:crypto';
import type { KeyEncoding } from '../../lambdas/core/scheme/key.ts';
import type { Provider } from '../../lambdas/core/scheme/provider.ts';
import { CANARY } from './canary.ts';

/** What signs, and what a source stores to verify it. They differ for public-key schemes only. */
export interface SampleKeys {
  readonly signing: string;
  readonly verifying: string;
}

/** Keys of the form that the provider gives out. */
export function sampleKeys(provider: Provider): SampleKeys {
  const { scheme } = provider;
  const labels = Object.keys(provider.settings ?? {}).map((label) => `\n${label}:${sampleSetting(label)}`);
  if (scheme.algorithm === 'token' && scheme.token.basic) return shared(`user:${CANARY}`, labels);
  return keysFor(scheme.key, labels);
}

export function sampleSetting(label: string): string {
  return `sample-${label}`;
}

function shared(secret: string, labels: readonly string[]): SampleKeys {
  return { signing: secret, verifying: [secret, ...labels].join('') };
}

const BYTES = Buffer.from(CANARY);

function keysFor(encoding: KeyEncoding, labels: readonly string[]): SampleKeys {
  switch (encoding.key) {
    case 'base64':
      return shared(`${encoding.prefix ?? ''}${BYTES.toString('base64')}`, labels);
    case 'hex':
      return shared(BYTES.toString('hex'), labels);
    case 'ed25519': {
      const { privateKey, publicKey } = generateKeyPairSync('ed25519');
      const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
      const verifying = `${encoding.prefix ?? ''}${raw.toString(encoding.text)}`;
      return { signing: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string, verifying };
    }
    case 'public': {
      const { privateKey, publicKey } =
        encoding.type === 'rsa'
          ? generateKeyPairSync('rsa', { modulusLength: 2048 })
          : generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const signing = privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
      return { signing, verifying: publicKey.export({ format: 'der', type: 'spki' }).toString('base64') };
    }
    case 'utf8':
    case 'sha1':
    case 'fetched':
      return shared(CANARY, labels);
  }
}
