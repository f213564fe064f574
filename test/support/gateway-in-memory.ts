import { createHmac } from 'node:crypto';
import type { Delivery } from '../../lambdas/core/delivery.ts';
import { limiter } from '../../lambdas/core/admission.ts';
import { endpointsOf, receive } from '../../lambdas/core/receive.ts';
import type { Published } from '../../lambdas/core/addresses/published.ts';
import type { Receipt } from '../../lambdas/core/receipt.ts';
import type { SecretSet } from '../../lambdas/core/scheme/key.ts';
import { SecretCache } from '../../lambdas/core/secrets/secrets.ts';
import type { Source, SourceAllow } from '../../lambdas/core/source.ts';
import { providers } from '../../lambdas/providers/index.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryQueue } from './memory/queue.ts';
import { MemorySecrets } from './memory/secrets.ts';
import { MemoryStore } from './memory/store.ts';

/** Sunday 2026-11-22 08:00:00 UTC. */
export const NOON = 1_795_334_400_000;
export const SCALEKIT_KEY = Buffer.from('a key of twenty-four byte');
export const SCALEKIT_SECRET = `whsec_${SCALEKIT_KEY.toString('base64')}`;
export const SKRIBBY_SECRET = 'skribby-secret';
export const INKRESS_SECRET = 'whsec_inkress';

const SOURCES: readonly Source[] = [
  {
    name: 'scalekit',
    provider: 'scalekit',
    maxBodyBytes: 1024 * 1024,
    secretOverlapSeconds: 24 * 60 * 60,
    routes: [{ processor: 'scalekit/user-created', name: 'user-created', on: 'organization.directory.user_created' }],
  },
  {
    name: 'skribby',
    provider: 'skribby',
    maxBodyBytes: 1024 * 1024,
    secretOverlapSeconds: 24 * 60 * 60,
    routes: [{ processor: 'skribby/status-update', name: 'status-update', on: 'status_update' }],
  },
  ...['inkress', 'meta', 'slack', 'notion', 'twilio'].map((provider) => ({
    name: provider,
    provider,
    maxBodyBytes: 1024 * 1024,
    secretOverlapSeconds: 24 * 60 * 60,
    routes: [{ processor: `${provider}/any`, name: 'any', on: '*' }],
  })),
];

export interface InMemoryOptions {
  readonly clock?: ManualClock;
  readonly sources?: readonly Source[];
  readonly allow?: SourceAllow;
  readonly published?: Published;
  readonly admitPerMinute?: number;
}

/** The whole verifier, run over memory. */
export function gatewayInMemory({
  clock = new ManualClock(NOON),
  sources: configured = SOURCES,
  allow,
  published,
  admitPerMinute,
}: InMemoryOptions = {}) {
  const store = new MemoryStore();
  const queue = new MemoryQueue();
  const secretStore = new MemorySecrets();
  secretStore.rotate('scalekit', SCALEKIT_SECRET, NOON - 7 * 24 * 60 * 60_000);
  secretStore.rotate('inkress', INKRESS_SECRET, NOON - 7 * 24 * 60 * 60_000);
  secretStore.rotate('skribby', SKRIBBY_SECRET, NOON - 7 * 24 * 60 * 60_000);
  const sources = configured.map((source) => ({
    ...source,
    ...(allow && { allow }),
    ...(admitPerMinute !== undefined && { admitPerMinute }),
  }));
  let admitted = 0;
  const admissions = { add: (_source: string, _minute: number, count: number) => Promise.resolve((admitted += count)) };
  const limit = limiter(admissions, clock, () => undefined);
  const endpoints = new Map(endpointsOf(sources, providers));
  const secrets = new SecretCache<SecretSet>({
    store: secretStore,
    clock,
    overlapSeconds: () => 24 * 60 * 60,
    prepare: (source, values) => {
      const endpoint = endpoints.get(source);
      if (!endpoint) throw new Error(`no source ${source}`);
      return endpoint.verifier.secrets(values);
    },
  });
  return {
    clock,
    store,
    queue,
    secretStore,
    secrets,
    endpoints,
    /** As a deployment does whose configuration has them no more. */
    dropRoutes: (name: string) => {
      const endpoint = endpoints.get(name);
      if (endpoint) endpoints.set(name, { ...endpoint, source: { ...endpoint.source, routes: [] } });
    },
    receive: (delivery: Delivery): Promise<Receipt> =>
      receive(delivery, endpoints.get(delivery.source), {
        store,
        queue,
        clock,
        secrets,
        limiter: limit,
        ...(published && { published }),
      }),
  };
}

export const USER_CREATED = JSON.stringify({
  id: 'evt_1',
  type: 'organization.directory.user_created',
  occurred_at: '2026-11-22T07:59:58Z',
  organization_id: 'org_1',
  data: { id: 'user_1', email: 'ada@example.com' },
});

/** A delivery signed as Scalekit does, by hand: Standard Webhooks, `id.timestamp.body`. */
export function scalekitDelivery({
  id = 'msg_1',
  body = USER_CREATED,
  at = NOON,
  key = SCALEKIT_KEY,
}: { id?: string; body?: string | Buffer; at?: number; key?: Buffer } = {}): Delivery {
  const bytes = Buffer.from(body);
  const seconds = String(Math.floor(at / 1000));
  const mac = createHmac('sha256', key).update(`${id}.${seconds}.`).update(bytes).digest('base64');
  return delivery('scalekit', bytes, {
    'webhook-id': id,
    'webhook-timestamp': seconds,
    'webhook-signature': `v1,${mac}`,
  });
}

/** A delivery signed as Skribby does: `timestamp.body`, the id outside. */
export function skribbyDelivery({ id = 'd2c1', status = 'joining', at = NOON } = {}): Delivery {
  const bytes = Buffer.from(JSON.stringify({ type: 'status_update', bot_id: 'bot_1', data: { new_status: status } }));
  const seconds = String(Math.floor(at / 1000));
  const mac = createHmac('sha256', SKRIBBY_SECRET).update(`${seconds}.`).update(bytes).digest('hex');
  return delivery('skribby', bytes, {
    'x-skribby-webhook-id': id,
    'x-skribby-timestamp': seconds,
    'x-skribby-signature': `sha256=${mac}`,
  });
}

/** A delivery signed as Inkress does: the body alone, under the whole secret. */
export function inkressDelivery(
  body = '{"id":"evt_9","event_type":"payment.success","data":{"amount":100}}',
): Delivery {
  const mac = createHmac('sha256', INKRESS_SECRET).update(body).digest('hex');
  return delivery('inkress', Buffer.from(body), { 'x-inkress-signature': mac });
}

export function delivery(source: string, body: Buffer, headers: Readonly<Record<string, string>>): Delivery {
  return {
    source,
    method: 'POST',
    url: `https://gateway.example.com/webhooks/${source}`,
    headers: new Map(Object.entries(headers).map(([name, value]) => [name, [value]])),
    body,
    sourceIp: '203.0.113.7',
    receivedAt: NOON,
  };
}
