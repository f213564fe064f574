import type { Clock, Watch } from './ports.ts';

/** A verifier that was killed before it sent ran for 30 s at most; the index is behind by less than a second, mostly. */
export const OLD_ENOUGH_MS = 75_000;
/** Looked at again each time: what the index was late with. */
export const OVERLAP_MS = 180_000;
/** Where nothing was looked at yet. */
const BEGINS_MS = 24 * 60 * 60_000;
const ROWS_AT_ONCE = 20;

export interface Enrolled {
  /** How many were put into the outbox. */
  readonly enrolled: number;
  /** By source that a run was too short for: how old what it did not come to is, in milliseconds. */
  readonly behindMs: ReadonlyMap<string, number>;
}

/**
 * Looks once at everything that these sources received, when it is old enough, and puts into the outbox what nobody has
 * claimed. Their providers try once, so a verifier that was killed between record and queue would be the end of it.
 *
 * @param until when a run is to end; what it did not come to is for the next
 */
export async function enrolUnclaimed(
  watch: Watch,
  sources: readonly string[],
  clock: Pick<Clock, 'now'>,
  until = Infinity,
): Promise<Enrolled> {
  const looked = await Promise.all(sources.map((source) => enrolOf(watch, source, clock, until)));
  return {
    enrolled: looked.reduce((sum, { enrolled }) => sum + enrolled, 0),
    behindMs: new Map(looked.flatMap(({ source, behindMs }) => (behindMs > 0 ? [[source, behindMs]] : []))),
  };
}

async function enrolOf(watch: Watch, source: string, clock: Pick<Clock, 'now'>, until: number) {
  const now = clock.now();
  const to = now - OLD_ENOUGH_MS;
  const from = Math.min(to, (await watch.lookedTo(source)) ?? now - BEGINS_MS);
  let enrolled = 0;
  let reached = from;

  // The overlap has half of the time at most: however much it holds, what is new is looked at, and the watch moves on.
  for await (const page of watch.pages(source, from - OVERLAP_MS, from)) {
    enrolled += await enrolAll(watch, page.unclaimed);
    if (clock.now() >= (now + until) / 2) break;
  }
  for await (const page of watch.pages(source, from, to)) {
    enrolled += await enrolAll(watch, page.unclaimed);
    // Only when all of it is in the outbox: whoever dies before looks at it again.
    await watch.note(source, page.end);
    reached = page.end;
    if (clock.now() >= until) break;
  }
  return { source, enrolled, behindMs: reached < to ? now - reached : 0 };
}

async function enrolAll(watch: Watch, keys: readonly string[]): Promise<number> {
  let enrolled = 0;
  for (let start = 0; start < keys.length; start += ROWS_AT_ONCE) {
    const were = await Promise.all(keys.slice(start, start + ROWS_AT_ONCE).map((pk) => watch.enrol(pk)));
    enrolled += were.filter(Boolean).length;
  }
  return enrolled;
}
