import type { Claim, ClaimResult, Fence, Store } from '../../../lambdas/core/ports.ts';
import type { Item, Write } from '../../../lambdas/core/processor.ts';
import {
  bodyKey,
  type EventRecord,
  isExpired,
  RECORD_TTL_SECONDS,
  isKnownVersion,
} from '../../../lambdas/core/record.ts';

/**
 * The table in memory: the same verdicts as the DynamoDB adapter, held to it by one contract suite. Every method takes
 * effect in one step when it is called, so that a scheduler decides the order of all effects.
 */
export class MemoryStore implements Store {
  readonly records = new Map<string, EventRecord>();
  readonly bodies = new Map<string, { bytes: Buffer; expiresAt: number }>();
  /** Whose records are in the outbox's index. */
  readonly outbox = new Set<string>();
  /** The team's own tables: `<table>/<id>` → item. */
  readonly items = new Map<string, Item>();

  putBody(pk: string, body: { sha256: string; bytes: Buffer; expiresAt: number }): Promise<void> {
    this.bodies.set(`${pk}/${body.sha256}`, { bytes: body.bytes, expiresAt: body.expiresAt });
    return Promise.resolve();
  }

  getBody(pk: string, sha256: string): ReturnType<Store['getBody']> {
    const bytes = this.bodies.get(`${pk}/${sha256}`)?.bytes;
    // As from the wire: nobody can change what is kept.
    return Promise.resolve(bytes && Buffer.from(bytes));
  }

  putRecord(record: EventRecord, now: number): ReturnType<Store['putRecord']> {
    const existing = this.records.get(record.pk);
    if (existing && existing.expiresAt > Math.floor(now / 1000)) return Promise.resolve({ created: false, existing });
    this.outbox.delete(record.pk);
    this.records.set(record.pk, record);
    return Promise.resolve({ created: true });
  }

  replaceUnkept(seen: EventRecord, record: EventRecord): ReturnType<Store['replaceUnkept']> {
    if (this.bodies.has(`${bodyKey(seen)}/${seen.bodySha256}`)) return Promise.resolve('kept');
    const existing = this.records.get(seen.pk);
    const isAsSeen = existing && isWaiting(existing) && existing.bodySha256 === seen.bodySha256;
    if (!isAsSeen || existing.attempt > 0) return Promise.resolve('moved-on');
    this.outbox.delete(seen.pk);
    this.records.set(seen.pk, record);
    return Promise.resolve('replaced');
  }

  setOutbox(pk: string, outboxAt: number): Promise<boolean> {
    const record = this.records.get(pk);
    if (!record || !isWaiting(record)) return Promise.resolve(false);
    this.outbox.add(pk);
    this.records.set(pk, { ...record, outboxAt });
    return Promise.resolve(true);
  }

  claim(claim: Claim): Promise<ClaimResult> {
    const existing = this.records.get(claim.pk);
    if (!existing) return Promise.resolve({ claimed: false });
    if (!claimable(existing, claim)) return Promise.resolve({ claimed: false, existing });
    const { outboxAt: _outboxAt, nextAt: _nextAt, ...kept } = existing;
    this.outbox.delete(claim.pk);
    const record: EventRecord = {
      ...kept,
      status: 'PROCESSING',
      owner: claim.owner,
      leaseUntil: claim.leaseUntil,
      attempt: existing.attempt + 1,
      expiresAt: Math.floor(claim.now / 1000) + RECORD_TTL_SECONDS,
      ...(claim.triedBefore !== undefined && { movedAttempt: claim.triedBefore }),
    };
    this.records.set(claim.pk, record);
    return Promise.resolve({ claimed: true, record });
  }

  complete(fence: Fence, done: { doneAt: number; processingMs: number }): Promise<boolean> {
    return this.#end(fence, 'DONE', done);
  }

  fail(fence: Fence, { movedAt, ...failure }: Parameters<Store['fail']>[1]): Promise<boolean> {
    return this.#end(fence, 'FAILED', movedAt === undefined ? failure : { ...failure, ...moved(fence, movedAt) });
  }

  park(fence: Fence, { movedAt, lastError }: Parameters<Store['park']>[1]): Promise<boolean> {
    return this.#end(fence, 'PARKED', { lastError, ...moved(fence, movedAt) });
  }

  async commit(
    fence: Fence,
    writes: readonly Write[],
    done: { doneAt: number; processingMs: number },
  ): Promise<'committed' | 'refused' | 'fence-lost'> {
    const record = this.records.get(fence.pk);
    if (record && endedBy(record, fence, 'DONE')) return 'committed';
    if (!record || !holds(record, fence)) return 'fence-lost';
    await this.#end(fence, 'DONE', done);
    for (const write of writes) this.#write(write);
    return 'committed';
  }

  get(pk: string): Promise<EventRecord | undefined> {
    return Promise.resolve(this.records.get(pk));
  }

  dueOutbox(until: number, limit: number): Promise<readonly EventRecord[]> {
    const rows = [...this.outbox].flatMap((pk) => this.records.get(pk) ?? []);
    const due = rows.filter(({ v, outboxAt }) => isKnownVersion(v) && outboxAt !== undefined && outboxAt <= until);
    return Promise.resolve(due.sort((a, b) => (a.outboxAt ?? 0) - (b.outboxAt ?? 0)).slice(0, limit));
  }

  bumpOutbox(pk: string, from: number, to: number): Promise<boolean> {
    const record = this.records.get(pk);
    if (!record || !isWaiting(record) || record.outboxAt !== from) return Promise.resolve(false);
    this.records.set(pk, { ...record, outboxAt: to, outboxSends: (record.outboxSends ?? 0) + 1 });
    return Promise.resolve(true);
  }

  replay(seen: EventRecord, { now, outboxAt }: { now: number; outboxAt: number }): Promise<boolean> {
    const record = this.records.get(seen.pk);
    if (!record || !isAsSeen(record, seen)) return Promise.resolve(record?.epoch === seen.epoch + 1);
    this.outbox.add(seen.pk);
    this.records.set(seen.pk, {
      ...withoutAttempts(record),
      status: 'RECEIVED',
      epoch: seen.epoch + 1,
      attempt: 0,
      outboxAt,
      expiresAt: Math.floor(now / 1000) + RECORD_TTL_SECONDS,
    });
    return Promise.resolve(true);
  }

  /** What DynamoDB's TTL does, at once instead of days later. */
  expire(now: number): void {
    for (const [pk, record] of this.records) if (isExpired(record, now)) this.records.delete(pk);
    for (const [name, body] of this.bodies) if (body.expiresAt * 1000 <= now) this.bodies.delete(name);
  }

  #end(fence: Fence, status: EventRecord['status'], set: Partial<EventRecord>): Promise<boolean> {
    const record = this.records.get(fence.pk);
    if (!record) return Promise.resolve(false);
    if (!holds(record, fence)) return Promise.resolve(endedBy(record, fence, status));
    const { leaseUntil: _leaseUntil, lastError, ...kept } = record;
    const error = status === 'DONE' || lastError === undefined ? {} : { lastError };
    this.records.set(fence.pk, { ...kept, ...error, ...set, status });
    return Promise.resolve(true);
  }

  #write(write: Write): void {
    if ('put' in write) this.items.set(`${write.put.table}/${nameOf(write.put.item)}`, write.put.item);
    else if ('delete' in write) this.items.delete(`${write.delete.table}/${nameOf(write.delete.key)}`);
    else {
      const { table, key, set } = write.update;
      const name = `${table}/${nameOf(key)}`;
      this.items.set(name, { ...this.items.get(name), ...key, ...set });
    }
  }
}

function isWaiting({ status, v }: EventRecord): boolean {
  return status === 'RECEIVED' && isKnownVersion(v);
}

function claimable(record: EventRecord, claim: Claim): boolean {
  if (`${record.source}/${record.route}` !== claim.route) return false;
  const same = isKnownVersion(record.v) && record.epoch === claim.epoch && record.bodySha256 === claim.bodySha256;
  if (!same || record.expiresAt <= Math.floor(claim.now / 1000)) return false;
  switch (record.status) {
    case 'RECEIVED':
      return true;
    case 'FAILED':
      return claim.hop === 'dead' || record.movedAt === undefined || record.movedAt < claim.sentAt;
    case 'PROCESSING':
      return record.owner === claim.owner || (!claim.unlessAbandoned && (record.leaseUntil ?? 0) <= claim.now);
    case 'PARKED':
      return (record.movedAt ?? Infinity) < claim.sentAt;
    case 'DONE':
    case 'FILTERED':
      return false;
  }
}

function isAsSeen(record: EventRecord, seen: EventRecord): boolean {
  const ended = record.status === 'DONE' || record.status === 'PARKED';
  return ended && isKnownVersion(record.v) && record.epoch === seen.epoch && record.status === seen.status;
}

/** The record as it was received. */
function withoutAttempts({
  owner: _owner,
  leaseUntil: _leaseUntil,
  nextAt: _nextAt,
  doneAt: _doneAt,
  processingMs: _processingMs,
  movedAt: _movedAt,
  movedAttempt: _movedAttempt,
  lastError: _lastError,
  outboxSends: _outboxSends,
  ...received
}: EventRecord): EventRecord {
  return received;
}

function moved(fence: Fence, movedAt: number) {
  return { movedAt, movedAttempt: fence.attempt };
}

function holds(record: EventRecord, fence: Fence): boolean {
  return record.status === 'PROCESSING' && record.owner === fence.owner && record.attempt === fence.attempt;
}

function endedBy(record: EventRecord, fence: Fence, status: EventRecord['status']): boolean {
  return record.status === status && record.owner === fence.owner && record.attempt === fence.attempt;
}

function nameOf({ id }: Item): string {
  if (typeof id !== 'string') throw new Error('The partition key of an application table is the string `id`.');
  return id;
}
