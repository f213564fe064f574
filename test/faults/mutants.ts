import type { Outcome } from '../../lambdas/core/processing/consume.ts';
import type { Queue, Store } from '../../lambdas/core/ports.ts';
import type { Endpoint } from '../../lambdas/core/receive.ts';
import type { EventRecord } from '../../lambdas/core/record.ts';
import type { MemoryStore } from '../support/memory/store.ts';
import type { ProblemKind } from './history.ts';

/** A well-known mistake, planted to see that the harness finds it. */
export interface Mutant {
  readonly name: string;
  /** The public report or sample that made it. */
  readonly seen?: string;
  readonly exposed: Exposure;
  readonly plant?: (table: MemoryStore) => Planted;
  readonly endpoint?: (endpoint: Endpoint) => Endpoint;
  readonly noSweeper?: true;
  readonly acknowledgeFirst?: true;
  /** Seconds after which a message comes back that the consumer sent back with this outcome. */
  readonly returnAfter?: (seconds: number, outcome: Outcome) => number;
}

/** What a mistake must be found by: no other problem, at no other fault, counts as finding it. */
export interface Exposure {
  readonly problem: ProblemKind;
  /** The one fault that is needed, as `send=crash-before`. */
  readonly at: string;
  /** The word of the worse day that is needed; none: any day. */
  readonly day?: string;
}

/** Methods done wrong, which may know of each other. */
export interface Planted {
  readonly store?: Partial<Store>;
  readonly queue?: (queue: Queue) => Queue;
}

/** The store with some methods done wrong. */
export function withWrong(store: Store, methods: Partial<Store>): Store {
  const right: Store = {
    putBody: (pk, body) => store.putBody(pk, body),
    putRecord: (record, now) => store.putRecord(record, now),
    replaceUnkept: (seen, record) => store.replaceUnkept(seen, record),
    setOutbox: (pk, at) => store.setOutbox(pk, at),
    claim: (claim) => store.claim(claim),
    getBody: (pk, sha256) => store.getBody(pk, sha256),
    complete: (fence, done) => store.complete(fence, done),
    commit: (fence, writes, done) => store.commit(fence, writes, done),
    fail: (fence, failure) => store.fail(fence, failure),
    park: (fence, failure) => store.park(fence, failure),
    get: (pk) => store.get(pk),
    dueOutbox: (until, limit) => store.dueOutbox(until, limit),
    bumpOutbox: (pk, from, to) => store.bumpOutbox(pk, from, to),
    replay: (seen, next) => store.replay(seen, next),
  };
  return { ...right, ...methods };
}

/** Answers as if whatever is there had been seen by a consumer. */
function asHandled(existing: EventRecord): { created: false; existing: EventRecord } {
  return { created: false, existing: existing.status === 'RECEIVED' ? { ...existing, status: 'DONE' } : existing };
}

/** Puts the record, and calls everything a duplicate whose record and payload are both there. */
async function putOnce(table: MemoryStore, record: EventRecord, now: number): ReturnType<Store['putRecord']> {
  const whole = [...table.bodies.keys()].some((name) => name.endsWith(record.bodySha256));
  const put = await table.putRecord(record, now);
  return put.created || !whole ? put : asHandled(put.existing);
}

const noOutbox: Store['setOutbox'] = () => Promise.reject(new Error('no outbox'));
const DAY_SECONDS = 24 * 60 * 60;

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'put-then-send-without-resend',
    seen: 'elizaOS/eliza#10160: the retry of an event that was never queued is answered as a duplicate',
    exposed: { problem: 'lost', at: 'send=fail-before' },
    plant: (table) => ({
      store: { putRecord: (record, now) => putOnce(table, record, now), setOutbox: noOutbox },
    }),
  },
  {
    name: 'rollback-on-send-failure',
    seen: 'the usual mend of the first, which a crash between the two calls defeats',
    exposed: { problem: 'lost', at: 'put-record=crash-after' },
    plant: (table) => ({
      store: { putRecord: (record, now) => putOnce(table, record, now), setOutbox: noOutbox },
      queue: (queue) => ({
        send: async (message) => {
          try {
            await queue.send(message);
          } catch (error) {
            const { pk } = JSON.parse(message.body) as { pk: string };
            table.records.delete(pk);
            throw error;
          }
        },
      }),
    }),
  },
  {
    name: 'mark-before-send',
    seen: 'LanternOps/breeze#4095: marked as queued, never queued, and for ever a duplicate',
    exposed: { problem: 'lost', at: 'send=crash-before' },
    plant: (table) => {
      const marked = new Set<string>();
      return {
        store: {
          putRecord: async (record, now) => {
            const put = await table.putRecord(record, now);
            return put.created || !marked.has(record.pk) ? put : asHandled(put.existing);
          },
        },
        queue: (queue) => ({
          send: (message) => {
            marked.add((JSON.parse(message.body) as { pk: string }).pk);
            return queue.send(message);
          },
        }),
      };
    },
  },
  {
    name: 'unconditional-done',
    seen: 'aws-powertools/powertools-lambda-typescript 2.35.0: DONE is written without asking who owns the record',
    exposed: { problem: 'double', at: 'commit=stall' },
    plant: (table) => ({
      store: {
        commit: (fence, writes, done) => {
          const record = table.records.get(fence.pk);
          if (!record) return Promise.resolve('fence-lost');
          table.records.set(fence.pk, { ...record, ...done, ...fence, status: 'DONE' });
          for (const write of writes) if ('put' in write) table.items.set(write.put.table, write.put.item);
          return Promise.resolve('committed');
        },
      },
    }),
  },
  {
    name: 'no-outbox',
    seen: 'KanishJebaMathewM/Truxify#6069: 202 although nothing keeps what was not queued',
    exposed: { problem: 'lost', at: 'none', day: 'unqueued' },
    plant: (table) => ({
      store: {
        setOutbox: () => Promise.resolve(true),
        putRecord: (record, now) => {
          const { outboxAt: _outboxAt, ...unwatched } = record;
          return table.putRecord(unwatched, now);
        },
      },
    }),
  },
  {
    name: 'no-sweeper',
    seen: 'LanternOps/breeze#4095: no reaper',
    exposed: { problem: 'lost', at: 'replay-epoch=late-success', day: 'replays' },
    noSweeper: true,
  },
  {
    name: 'ttl-shorter-than-redrive',
    seen: 'one hour is the default of several idempotency libraries',
    exposed: { problem: 'lost', at: 'none', day: 'broken' },
    plant: (table) => ({
      store: {
        putRecord: (record, now) =>
          table.putRecord({ ...record, expiresAt: Math.floor(now / 1000) + DAY_SECONDS }, now),
        claim: async (claim) => {
          const result = await table.claim(claim);
          if (!result.claimed) return result;
          const record = { ...result.record, expiresAt: Math.floor(claim.now / 1000) + DAY_SECONDS };
          table.records.set(claim.pk, record);
          return { claimed: true, record };
        },
      },
    }),
  },
  {
    name: 'lease-shorter-than-the-deadline',
    seen: 'aws-powertools/powertools-lambda-typescript#5678: a lock counts as an orphan while its owner works',
    exposed: { problem: 'double', at: 'effect=slow' },
    plant: (table) => ({ store: { claim: (claim) => table.claim({ ...claim, leaseUntil: claim.now + 1_000 }) } }),
  },
  {
    name: 'dedup-on-an-unsigned-id',
    seen: 'grafana/grafana#125550: whoever replays a request writes the id anew',
    exposed: { problem: 'double', at: 'none' },
    endpoint: ({ verifier, ...rest }) => ({
      ...rest,
      verifier: {
        ...verifier,
        provider: verifier.provider,
        secrets: (values) => verifier.secrets(values),
        verify: async (delivery, keys, nowMs) => {
          const verdict = await verifier.verify(delivery, keys, nowMs);
          const id = delivery.headers.get('x-skribby-webhook-id')?.[0];
          if (verdict.outcome !== 'verified' || id === undefined) return verdict;
          return { outcome: 'verified', event: { ...verdict.event, dedupKey: id } };
        },
      },
    }),
  },
  {
    name: 'sdk-repeat-taken-for-a-duplicate',
    seen: 'aws/aws-sdk-java#2667: the first write was applied, its answer lost, and the repeat meets it',
    exposed: { problem: 'lost', at: 'put-record=sdk-repeat' },
    plant: (table) => ({
      store: {
        putRecord: async (record, now) => {
          const put = await table.putRecord(record, now);
          if (put.created || put.existing.receivedAt !== record.receivedAt) return put;
          return asHandled(put.existing);
        },
      },
    }),
  },
  {
    name: 'acknowledge-before-put',
    seen: 'mikenelsonjr/Accelerators#2: acknowledged, then published',
    exposed: { problem: 'lost', at: 'put-record=fail-before' },
    acknowledgeFirst: true,
  },
  {
    name: 'breaker-that-burns-receives',
    seen: 'aws-samples circuit breakers for Lambda: an open breaker fails the message at once, and five receives are its end',
    exposed: { problem: 'burned', at: 'none', day: 'outage' },
    returnAfter: (seconds, outcome) => (outcome.outcome === 'deferred' && outcome.why === 'breaker' ? 0 : seconds),
  },
];
