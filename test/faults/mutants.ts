import type { Outcome } from '../../lambdas/core/processing/consume.ts';
import type { Queue, Store } from '../../lambdas/core/ports.ts';
import type { Endpoint } from '../../lambdas/core/receive.ts';
import type { EventRecord } from '../../lambdas/core/record.ts';
import type { MemoryStore } from '../support/memory/store.ts';

/** A well-known mistake, planted to see that the harness finds it. */
export interface Mutant {
  readonly name: string;
  /** The public report or sample that made it. */
  readonly seen: string;
  readonly store?: (store: MemoryStore) => Store;
  readonly queue?: (queue: Queue, store: MemoryStore) => Queue;
  readonly endpoint?: (endpoint: Endpoint) => Endpoint;
  readonly noSweeper?: true;
  readonly acknowledgeFirst?: true;
  /** Seconds after which a message comes back that the consumer sent back with this outcome. */
  readonly returnAfter?: (seconds: number, outcome: Outcome) => number;
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
    dueOutbox: (now, limit) => store.dueOutbox(now, limit),
    bumpOutbox: (pk, from, to) => store.bumpOutbox(pk, from, to),
    replay: (seen, next) => store.replay(seen, next),
  };
  return { ...right, ...methods };
}

/** Answers as if whatever is there had been seen by a consumer. */
function asHandled(existing: EventRecord): { created: false; existing: EventRecord } {
  return { created: false, existing: existing.status === 'RECEIVED' ? { ...existing, status: 'DONE' } : existing };
}

const DAY_SECONDS = 24 * 60 * 60;

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'put-then-send-without-resend',
    seen: 'elizaOS/eliza#10160: the retry of an event that was never queued is answered as a duplicate',
    store: (store) =>
      withWrong(store, {
        putRecord: async (record, now) => {
          const put = await store.putRecord(record, now);
          return put.created ? put : asHandled(put.existing);
        },
      }),
  },
  {
    name: 'rollback-on-send-failure',
    seen: 'the usual mend of the first, which a crash between the two calls defeats',
    store: (store) =>
      withWrong(store, {
        putRecord: async (record, now) => {
          const put = await store.putRecord(record, now);
          return put.created ? put : asHandled(put.existing);
        },
        setOutbox: () => Promise.reject(new Error('no outbox')),
      }),
    queue: (queue, store) => ({
      send: async (message) => {
        try {
          await queue.send(message);
        } catch (error) {
          const { pk } = JSON.parse(message.body) as { pk: string };
          store.records.delete(pk);
          throw error;
        }
      },
    }),
  },
  {
    name: 'mark-before-send',
    seen: 'LanternOps/breeze#4095: recorded, never queued, and for ever a duplicate',
    store: (store) =>
      withWrong(store, {
        putRecord: async (record, now) => {
          const { outboxAt: _outboxAt, ...marked } = record;
          const put = await store.putRecord(marked, now);
          return put.created ? put : asHandled(put.existing);
        },
        setOutbox: () => Promise.reject(new Error('no outbox')),
      }),
  },
  {
    name: 'unconditional-done',
    seen: 'aws-powertools/powertools-lambda-typescript 2.35.0: DONE is written without asking who owns the record',
    store: (store) =>
      withWrong(store, {
        commit: async (fence, writes, done) => {
          const record = store.records.get(fence.pk);
          if (record)
            store.records.set(fence.pk, {
              ...record,
              status: 'PROCESSING',
              owner: fence.owner,
              attempt: fence.attempt,
            });
          return store.commit(fence, writes, done);
        },
      }),
  },
  {
    name: 'no-outbox',
    seen: 'KanishJebaMathewM/Truxify#6069: 202 although nothing keeps what was not queued',
    store: (store) =>
      withWrong(store, {
        setOutbox: () => Promise.resolve(true),
        putRecord: (record, now) => {
          const { outboxAt: _outboxAt, ...unwatched } = record;
          return store.putRecord(unwatched, now);
        },
      }),
  },
  {
    name: 'no-sweeper',
    seen: 'LanternOps/breeze#4095: no reaper',
    noSweeper: true,
  },
  {
    name: 'ttl-shorter-than-redrive',
    seen: 'one hour is the default of several idempotency libraries',
    store: (store) =>
      withWrong(store, {
        putRecord: (record, now) =>
          store.putRecord({ ...record, expiresAt: Math.floor(now / 1000) + DAY_SECONDS }, now),
        claim: async (claim) => {
          const result = await store.claim(claim);
          if (!result.claimed) return result;
          const record = { ...result.record, expiresAt: Math.floor(claim.now / 1000) + DAY_SECONDS };
          store.records.set(claim.pk, record);
          return { claimed: true, record };
        },
      }),
  },
  {
    name: 'lease-shorter-than-the-deadline',
    seen: 'aws-powertools/powertools-lambda-typescript#5678: a lock counts as an orphan while its owner works',
    store: (store) => withWrong(store, { claim: (claim) => store.claim({ ...claim, leaseUntil: claim.now + 1_000 }) }),
  },
  {
    name: 'dedup-on-an-unsigned-id',
    seen: 'grafana/grafana#125550: whoever replays a request writes the id anew',
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
    store: (store) =>
      withWrong(store, {
        putRecord: async (record, now) => {
          const put = await store.putRecord(record, now);
          if (put.created || put.existing.receivedAt !== record.receivedAt) return put;
          return asHandled(put.existing);
        },
      }),
  },
  {
    name: 'acknowledge-before-put',
    seen: 'mikenelsonjr/Accelerators#2: acknowledged, then published',
    acknowledgeFirst: true,
  },
  {
    name: 'breaker-that-burns-receives',
    seen: 'aws-samples circuit breakers for Lambda: an open breaker fails the message at once, and five receives are its end',
    returnAfter: (seconds, outcome) => (outcome.outcome === 'deferred' && outcome.why === 'breaker' ? 0 : seconds),
  },
];
