import type { Mutant } from './mutants.ts';

const DAY_SECONDS = 24 * 60 * 60;

/** What a table that asks too little would let happen. */
export const TABLE_MUTANTS: readonly Mutant[] = [
  {
    name: 'claim-of-an-expired-record',
    exposed: { problem: 'illegal', at: 'none', day: 'forgotten' },
    plant: (table) => ({
      store: {
        claim: (claim) => {
          const record = table.records.get(claim.pk);
          const now = record ? Math.min(claim.now, (record.expiresAt - 1) * 1000) : claim.now;
          return table.claim({ ...claim, now });
        },
      },
    }),
  },
  {
    name: 'claim-that-leaves-the-time-as-it-was',
    exposed: { problem: 'illegal', at: 'none', day: 'failing' },
    plant: (table) => ({
      store: {
        claim: (claim) => {
          const before = table.records.get(claim.pk)?.expiresAt ?? 0;
          return table.claim({ ...claim, now: Math.min(claim.now, (before - 30 * DAY_SECONDS) * 1000) });
        },
      },
    }),
  },
  {
    name: 'done-rewritten-by-another-owner',
    exposed: { problem: 'illegal', at: 'delete=fail-before' },
    plant: (table) => ({
      store: {
        claim: async (claim) => {
          const result = await table.claim(claim);
          if (!result.claimed && result.existing?.status === 'DONE')
            table.records.set(claim.pk, { ...result.existing, owner: claim.owner });
          return result;
        },
      },
    }),
  },
  {
    name: 'parked-claimed-by-any-message',
    exposed: { problem: 'illegal', at: 'none', day: 'broken' },
    plant: (table) => ({
      store: {
        claim: (claim) => {
          const parked = table.records.get(claim.pk)?.status === 'PARKED';
          return table.claim(parked ? { ...claim, sentAt: Infinity } : claim);
        },
      },
    }),
  },
  {
    name: 'failed-claimed-by-any-message',
    exposed: { problem: 'illegal', at: 'none', day: 'failing' },
    plant: (table) => ({
      store: {
        claim: (claim) => {
          const failed = table.records.get(claim.pk)?.status === 'FAILED';
          return table.claim(failed ? { ...claim, hop: 'dead' } : claim);
        },
      },
    }),
  },
  {
    name: 'claim-under-another-epoch',
    exposed: { problem: 'illegal', at: 'none', day: 'intruder' },
    plant: (table) => ({
      store: { claim: (claim) => table.claim({ ...claim, epoch: table.records.get(claim.pk)?.epoch ?? 0 }) },
    }),
  },
  {
    name: 'claim-under-another-payload',
    exposed: { problem: 'illegal', at: 'none', day: 'intruder' },
    plant: (table) => ({
      store: {
        claim: (claim) => table.claim({ ...claim, bodySha256: table.records.get(claim.pk)?.bodySha256 ?? '' }),
      },
    }),
  },
  {
    name: 'replay-that-keeps-movedAt',
    exposed: { problem: 'illegal', at: 'none', day: 'broken' },
    plant: (table) => ({
      store: {
        replay: async (seen, next) => {
          const replayed = await table.replay(seen, next);
          const after = table.records.get(seen.pk);
          if (replayed && after && after.epoch > seen.epoch && seen.movedAt !== undefined)
            table.records.set(seen.pk, { ...after, movedAt: seen.movedAt, movedAttempt: seen.movedAttempt ?? 0 });
          return replayed;
        },
      },
    }),
  },
  {
    name: 'complete-without-a-fence',
    exposed: { problem: 'illegal', at: 'complete=stall' },
    plant: (table) => ({
      store: {
        complete: ({ pk }, done) => {
          const record = table.records.get(pk);
          if (record) table.records.set(pk, { ...record, ...done, status: 'DONE' });
          return Promise.resolve(true);
        },
      },
    }),
  },
];
