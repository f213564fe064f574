import type { Watch } from './ports.ts';

/** A verifier that was killed before it sent ran for 30 s at most; the index is behind by less than a second, mostly. */
export const OLD_ENOUGH_MS = 75_000;
/** Looked at again each time: what the index was late with. */
export const OVERLAP_MS = 180_000;
/** Where nothing was looked at yet. */
const BEGINS_MS = 24 * 60 * 60_000;
/** Of one source in one run; what is beyond is for the next. */
const MOST_PER_RUN = 10_000;

/**
 * Looks once at everything that these sources received, when it is old enough, and puts into the outbox what nobody has
 * claimed. Their providers try once, so a verifier that was killed between record and queue would be the end of it.
 * Returns how many it put there.
 */
export async function enrolUnclaimed(watch: Watch, sources: readonly string[], now: number): Promise<number> {
  const counts = await Promise.all(sources.map((source) => enrolOf(watch, source, now)));
  return counts.reduce((sum, count) => sum + count, 0);
}

async function enrolOf(watch: Watch, source: string, now: number): Promise<number> {
  const to = now - OLD_ENOUGH_MS;
  const from = Math.min(to, ((await watch.lookedTo(source)) ?? now - BEGINS_MS) - OVERLAP_MS);
  let enrolled = 0;
  let looked = 0;
  for await (const page of watch.pages(source, from, to)) {
    for (const pk of page.unclaimed) if (await watch.enrol(pk)) enrolled++;
    // Only when all of it is in the outbox: whoever dies before looks at it again.
    await watch.note(source, page.end);
    looked += page.looked;
    if (looked >= MOST_PER_RUN) break;
  }
  return enrolled;
}
