import { addressSet } from './addresses/cidr.ts';
import type { Delivery } from './delivery.ts';
import type { Limiter } from './admission.ts';
import { ingest, type IngestPorts, type Proved } from './ingest.ts';
import type { Published } from './addresses/published.ts';
import type { Receipt, ReceiptReason } from './receipt.ts';
import { compile, type Verifier } from './scheme/compile.ts';
import type { KeyPort } from './scheme/key-port.ts';
import type { SecretSet } from './scheme/key.ts';
import { methodsOf, offersSecret, type Provider } from './scheme/provider.ts';
import { type MatchedSecret, type SecretCache, SecretsUnavailable } from './secrets/secrets.ts';
import type { Source } from './source.ts';
import type { Verdict, VerifiedEvent } from './verdict.ts';

/** A source as a running verifier holds it: its configuration with its provider's compiled scheme. */
export interface Endpoint {
  readonly source: Source;
  readonly verifier: Verifier;
  /** Whether the configuration lets an address call. */
  readonly allows: (address: string) => boolean;
}

/** Compiles every source's scheme, once at start; a source of an unknown provider stops it by name. */
export function endpointsOf(
  sources: readonly Source[],
  providers: ReadonlyMap<string, Provider>,
  keys?: KeyPort,
): ReadonlyMap<string, Endpoint> {
  return new Map(
    sources.map((source) => {
      const provider = providers.get(source.provider);
      if (!provider)
        throw new Error(`Source ${source.name} names the provider "${source.provider}", which is not there.`);
      const allows = source.allow ? addressSet(source.allow.cidrs) : () => true;
      return [source.name, { source, verifier: compile(provider, { url: source.url, keys }), allows }];
    }),
  );
}

export interface ReceivePorts extends IngestPorts {
  readonly secrets: SecretCache<SecretSet>;
  /** @default - no source has a limit */
  readonly limiter?: Limiter;
  /** @default - no source follows a published list */
  readonly published?: Published;
}

/**
 * One delivery from the edge to its record and queue. The checks go from cheap to costly: nothing is read or written
 * anywhere before the signature has passed, but for the secret, whose reads are bounded.
 */
export async function receive(
  delivery: Delivery,
  endpoint: Endpoint | undefined,
  ports: ReceivePorts,
): Promise<Receipt> {
  if (!endpoint) return rejected('unknown-source');
  // AWS WAF has looked at the address before; here it is the connection's again, and never a header's.
  const allowed = endpoint.allows(delivery.sourceIp);
  if (!allowed && !endpoint.source.allow?.published) return rejected('address-not-allowed');
  if (!methodsOf(endpoint.verifier.provider).has(delivery.method)) return rejected('wrong-method');
  if (delivery.body.length > endpoint.source.maxBodyBytes) return rejected('too-large');
  // Decompressing before the signature would let anybody spend our memory, and the signature covers the bytes sent.
  const encodings = delivery.headers.get('content-encoding') ?? [];
  if (encodings.some((encoding) => encoding.trim().toLowerCase() !== 'identity')) return rejected('content-encoded');

  let verdict: Authenticated;
  try {
    const { prepared } = await ports.secrets.get(delivery.source);
    if (prepared.usable === 0 && !(await ports.secrets.refreshAfterMismatch(delivery.source))) {
      return await introduce(delivery, endpoint, prepared, ports);
    }
    verdict = await authenticate(delivery, endpoint, ports);
  } catch (error) {
    if (error instanceof SecretsUnavailable) return { receipt: 'unavailable', reason: 'secret-store' };
    throw error;
  }

  switch (verdict.outcome) {
    case 'rejected':
      // A secret that is no key is our mistake, and the provider is asked to come again.
      if (verdict.reason === 'no-usable-secret') return { receipt: 'unavailable', reason: 'no-usable-secret' };
      return rejected(verdict.reason);
    case 'malformed':
      return rejected(verdict.reason);
    case 'handshake':
      return { receipt: 'handshake', answer: verdict.answer };
    case 'verified':
      break;
  }
  const { name, admitPerMinute } = endpoint.source;
  if (admitPerMinute === undefined || !ports.limiter) return admit(verdict, delivery, endpoint, ports);
  const counted = ports.limiter.admit(name, admitPerMinute);
  if (!counted) return rejected('throttled');
  const [receipt] = await Promise.all([admit(verdict, delivery, endpoint, ports), counted]);
  return receipt;
}

/**
 * Lets in what was proved, if its address may call: the record, the queue. A published list is read from the table, which
 * a stranger must not be able to cause.
 */
export async function admit(
  proved: Proved,
  delivery: Delivery,
  { source, verifier, allows }: Endpoint,
  ports: Omit<ReceivePorts, 'secrets'>,
): Promise<Receipt> {
  const allowed = allows(delivery.sourceIp);
  const published = source.allow?.published;
  const unlisted = !allowed && !(published && (await isPublished(delivery.sourceIp, source.provider, ports)));
  if (unlisted && published !== 'observe') return rejected('address-not-allowed');
  const receipt = await ingest(proved, delivery, source, verifier.provider.redelivers, ports);
  return unlisted && 'event' in receipt ? { ...receipt, event: { ...receipt.event, unlisted } } : receipt;
}

async function isPublished(
  address: string,
  provider: string,
  { published }: Pick<ReceivePorts, 'published'>,
): Promise<boolean> {
  const contains = await published?.(provider);
  return contains === undefined || contains(address);
}

/** A verdict that says which secret proved it. */
type Authenticated =
  | Exclude<Verdict, { outcome: 'verified' }>
  | { readonly outcome: 'verified'; readonly event: VerifiedEvent; readonly secret: MatchedSecret };

/**
 * Verifies; once more if the secret turns out to have changed since it was fetched, which is looked up after a mismatch,
 * and after a match with a secret that may have been revoked since.
 */
async function authenticate(
  delivery: Delivery,
  { verifier }: Endpoint,
  { secrets, clock }: ReceivePorts,
): Promise<Authenticated> {
  const { source } = delivery;
  const attempt = async (): Promise<Authenticated> => {
    const held = await secrets.get(source);
    const verdict = await verifier.verify(delivery, held.prepared, clock.now());
    if (verdict.outcome !== 'verified') return verdict;
    const secret = secrets.matched(source, held, verdict.event.secretIndex);
    return { ...verdict, secret };
  };
  const first = await attempt();
  const mismatch = first.outcome === 'rejected' && first.reason === 'wrong-secret-or-changed-body';
  const passing = first.outcome === 'verified' && first.secret.stage !== 'AWSCURRENT';
  const changed =
    (mismatch && (await secrets.refreshAfterMismatch(source))) || (passing && (await secrets.confirm(source)));
  return changed ? attempt() : first;
}

/**
 * A source without a usable secret can do one thing: take the one that its provider sends in band (Asana, Notion), once.
 * Everything else is refused as our fault, because nobody can be told from anybody.
 */
async function introduce(
  delivery: Delivery,
  { verifier }: Endpoint,
  noKeys: SecretSet,
  { secrets, clock }: ReceivePorts,
): Promise<Receipt> {
  const unavailable: Receipt = { receipt: 'unavailable', reason: 'no-usable-secret' };
  if (!offersSecret(verifier.provider)) return unavailable;
  const verdict = await verifier.verify(delivery, noKeys, clock.now());
  if (verdict.outcome !== 'handshake' || verdict.offered === undefined) return unavailable;
  const kept = await secrets.keepFirst(delivery.source, verdict.offered);
  return kept ? { receipt: 'handshake', answer: verdict.answer } : unavailable;
}

function rejected(reason: ReceiptReason): Receipt {
  return { receipt: 'rejected', reason };
}
