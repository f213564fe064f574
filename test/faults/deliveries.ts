import type { Delivery } from '../../lambdas/core/delivery.ts';
import { type Endpoint, endpointsOf } from '../../lambdas/core/receive.ts';
import type { SecretSet } from '../../lambdas/core/scheme/key.ts';
import type { Source } from '../../lambdas/core/source.ts';
import type { Verdict } from '../../lambdas/core/verdict.ts';
import { providers } from '../../lambdas/providers/index.ts';
import { NOON, scalekitDelivery, skribbyDelivery } from '../support/gateway-in-memory.ts';
import type { Configuration } from './configurations.ts';

type ProviderName = Configuration['provider'];

export const SOURCES: readonly Source[] = (['scalekit', 'skribby'] as const).map((provider) => ({
  name: provider,
  provider,
  maxBodyBytes: 1024 * 1024,
  secretOverlapSeconds: 24 * 60 * 60,
  routes: [{ processor: `${provider}/route`, name: 'route', on: '*' }],
}));

/** Whose provider tries once. */
export const ONCE = ['skribby'];

const NEW_KEY = Buffer.from('another key of 24 bytes.');
/** What Scalekit's secret is rotated to. */
export const NEW_SCALEKIT_SECRET = `whsec_${NEW_KEY.toString('base64')}`;

/** Two deliveries of one event. An id that the signature does not cover is changed by whoever sends it again. */
const DELIVERIES: Readonly<Record<ProviderName, readonly Delivery[]>> = {
  scalekit: [scalekitDelivery(), scalekitDelivery()],
  skribby: [skribbyDelivery(), skribbyDelivery({ id: 'changed-by-the-replayer' })],
};
/** The second is signed with the new secret. */
const ROTATED: readonly Delivery[] = [scalekitDelivery(), scalekitDelivery({ key: NEW_KEY })];

/** A day more than a record lives. */
export const MONTH_LATER = NOON + 31 * 24 * 60 * 60_000;

/** The same event, signed a month later. */
export const LATE: Readonly<Record<ProviderName, Delivery>> = {
  scalekit: scalekitDelivery({ at: MONTH_LATER }),
  skribby: skribbyDelivery({ at: MONTH_LATER }),
};

export function deliveriesOf({ provider, copies, rotates }: Configuration): readonly Delivery[] {
  return rotates ? ROTATED : DELIVERIES[provider].slice(0, copies);
}

export const FORGED: Readonly<Record<ProviderName, Delivery>> = {
  scalekit: scalekitDelivery({ id: 'forged', key: Buffer.from('not the key') }),
  skribby: { ...skribbyDelivery({ id: 'forged' }), body: Buffer.from('{"type":"status_update","bot_id":"forged"}') },
};

const ENDPOINTS: ReadonlyMap<string, Endpoint> = new Map(
  [...endpointsOf(SOURCES, providers)].map(([name, endpoint]) => [name, remembering(endpoint)]),
);

export function endpointOf(provider: ProviderName): Endpoint {
  const endpoint = ENDPOINTS.get(provider);
  if (!endpoint) throw new Error(`There is no source ${provider}.`);
  return endpoint;
}

/**
 * The same bytes, keys and window have the same verdict, so each is worked out once: a signature costs more than the
 * rest of a schedule.
 */
function remembering(endpoint: Endpoint): Endpoint {
  const { verifier } = endpoint;
  const verdicts = new Map<SecretSet, Map<Buffer, Verdict | Promise<Verdict>>>();
  return {
    ...endpoint,
    verifier: {
      provider: verifier.provider,
      secrets: (values) => verifier.secrets(values),
      verify: (delivery, keys, nowMs) => {
        if (nowMs > NOON + 240_000) return verifier.verify(delivery, keys, nowMs);
        let ofKeys = verdicts.get(keys);
        if (!ofKeys) verdicts.set(keys, (ofKeys = new Map<Buffer, Verdict | Promise<Verdict>>()));
        const verdict = ofKeys.get(delivery.body) ?? verifier.verify(delivery, keys, nowMs);
        ofKeys.set(delivery.body, verdict);
        return verdict;
      },
    },
  };
}

const KEYS = new Map<string, SecretSet>();

/** Decoding keys costs more than a schedule; they are the same in all of them. */
export function keysOf(endpoint: Endpoint, values: readonly string[]): SecretSet {
  const name = values.length === 1 ? (values[0] ?? '') : values.join(' ');
  const keys = KEYS.get(name) ?? endpoint.verifier.secrets(values);
  KEYS.set(name, keys);
  return keys;
}
