import { type Inbox, type Kept, type KeptEntry, minuteOf, MOST_KEPT_A_MINUTE, oldestId, readKept } from './inbox.ts';
import type { Clock } from '../ports.ts';
import { admit, type Endpoint, type ReceivePorts } from '../receive.ts';
import { recordKey } from '../record.ts';

/** What became of a kept delivery. After the first three it is gone from the inbox. */
export interface Released {
  readonly id: string;
  /** `verified`: a dry run would have let it in. `kept`: it stays, for the reason. */
  readonly outcome: 'accepted' | 'duplicate' | 'filtered' | 'verified' | 'kept';
  readonly reason: string | null;
  /** Of the event: `events/{source}/{key}` shows what becomes of it. */
  readonly key: string | null;
}

/** Who wants it, and why. */
export interface ReleaseOrder {
  readonly who: string;
  readonly why: string;
  /** Says what would be, and changes nothing. */
  readonly dryRun: boolean;
}

export interface ReleaseAudit extends Omit<ReleaseOrder, 'dryRun'> {
  readonly source: string;
  readonly id: string;
  readonly outcome: Released['outcome'];
  readonly reason?: string;
  /** Of the event's record. */
  readonly key?: string;
  /** When the delivery came, ISO 8601. */
  readonly cameAt: string;
}

export interface ReleasePorts extends ReceivePorts {
  readonly inbox: Inbox;
  readonly clock: Clock;
  /** Keeps who let in what, and why. */
  readonly audit: (entry: ReleaseAudit) => void;
}

/** Undefined when it is gone, or too old to count. */
export async function readEntry(
  source: string,
  id: string,
  { inbox, clock }: Pick<ReleasePorts, 'inbox' | 'clock'>,
): Promise<Kept | undefined> {
  if (minuteOf(id) === undefined || id < oldestId(clock.now())) return undefined;
  const bytes = await inbox.read(source, id);
  return bytes && readKept(source, bytes);
}

/**
 * Lets in what comes after an id, some whole minutes of it, in the order in which it came: an ordered route gets it so.
 *
 * @returns `next`: the id to go on after; null at the end
 */
export async function releasePage(
  after: string,
  endpoint: Endpoint,
  order: ReleaseOrder,
  ports: ReleasePorts,
): Promise<{ readonly results: readonly Released[]; readonly next: string | null }> {
  const source = endpoint.source.name;
  const { ids, next } = wholeMinutes(await ports.inbox.list(source, after, 2 * MOST_KEPT_A_MINUTE));
  const entries: { id: string; kept: Kept }[] = [];
  for (const id of ids) {
    const kept = await readEntry(source, id, ports);
    // Without one, somebody else has let it in meanwhile.
    if (kept) entries.push({ id, kept });
  }
  const results: Released[] = [];
  for (const { id, kept } of entries.sort((a, b) => a.kept.delivery.receivedAt - b.kept.delivery.receivedAt)) {
    results.push(await releaseOne(id, kept, endpoint, order, ports));
  }
  return { results, next };
}

/** So much of a page that no minute is cut: within one, ids say nothing of the order. */
function wholeMinutes(entries: readonly KeptEntry[]): {
  readonly ids: readonly string[];
  readonly next: string | null;
} {
  const ids = entries.map(({ id }) => id).filter((id) => minuteOf(id) !== undefined);
  if (entries.length < 2 * MOST_KEPT_A_MINUTE) return { ids, next: null };
  const last = minuteOf(ids.at(-1) ?? '');
  const whole = ids.filter((id) => minuteOf(id) !== last);
  return { ids: whole, next: whole.at(-1) ?? null };
}

/**
 * Verifies one again as of its receipt, with the secrets of now, and lets it in. It is removed after that: what comes to
 * a second release in between is a duplicate.
 */
export async function releaseOne(
  id: string,
  { delivery }: Kept,
  endpoint: Endpoint,
  { dryRun, who, why }: ReleaseOrder,
  ports: ReleasePorts,
): Promise<Released> {
  const source = endpoint.source.name;
  const { outcome, reason, key } = await judge(delivery, endpoint, dryRun, ports);
  const released: Released = { id, outcome, reason: reason ?? null, key: key ?? null };
  if (dryRun) return released;
  ports.audit({
    who,
    why,
    source,
    id,
    outcome,
    ...(reason !== undefined && { reason }),
    ...(key !== undefined && { key: recordKey(source, key) }),
    cameAt: new Date(delivery.receivedAt).toISOString(),
  });
  if (outcome !== 'kept') await ports.inbox.remove(source, id);
  return released;
}

interface Judged {
  readonly outcome: Released['outcome'];
  readonly reason?: string;
  readonly key?: string;
}

async function judge(
  delivery: Kept['delivery'],
  endpoint: Endpoint,
  dryRun: boolean,
  ports: ReleasePorts,
): Promise<Judged> {
  const held = await ports.secrets.get(delivery.source);
  const verdict = await endpoint.verifier.verify(delivery, held.prepared, delivery.receivedAt);
  if (verdict.outcome !== 'verified') {
    return { outcome: 'kept', reason: 'reason' in verdict ? verdict.reason : verdict.outcome };
  }
  const key = verdict.event.dedupKey;
  if (dryRun) return { outcome: 'verified', key };
  const secret = ports.secrets.matched(delivery.source, held, verdict.event.secretIndex);
  // The event is new here now: the ledger, the sweeper and the times of processing count from its record.
  const arrival = { ...delivery, receivedAt: ports.clock.now() };
  const receipt = await admit({ event: verdict.event, secret }, arrival, endpoint, ports);
  if ('event' in receipt) return { outcome: receipt.receipt, key };
  return { outcome: 'kept', reason: 'reason' in receipt ? receipt.reason : receipt.receipt };
}
