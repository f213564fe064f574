import type { InboxExplanation } from '../lambdas/core/admin/inbox.ts';
import type { Released } from '../lambdas/core/inbox/release.ts';
import { readAnswer } from './admin-answer.ts';
import type { Connection } from './connection.ts';
import { Progress } from './progress.ts';
import { REASONS, REENCODINGS } from './reasons.ts';

export interface Entry {
  readonly id: string;
  /** In which it came, ISO 8601. */
  readonly minute: string;
  /** As kept. */
  readonly bytes: number;
}

const PAGE = '1000';

export async function keptIn(connection: Connection, source: string): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  let next: unknown = undefined;
  do {
    const query = { limit: PAGE, ...(typeof next === 'string' && { next }) };
    const page = readAnswer(await connection.admin(pathOf(source), query));
    entries.push(...(page['entries'] as readonly Entry[]));
    next = page['next'];
  } while (typeof next === 'string');
  return entries;
}

export async function explanationOf(connection: Connection, source: string, id: string): Promise<InboxExplanation> {
  const path = `${pathOf(source)}/${encodeURIComponent(id)}`;
  return readAnswer(await connection.admin(path, {})) as unknown as InboxExplanation;
}

export interface ReleaseOptions {
  readonly id?: string;
  readonly dryRun?: true;
  readonly reason?: string;
}

/** One, or page after page of all. What a page let in stays let in when a later one fails. */
export async function releaseFrom(
  connection: Connection,
  source: string,
  { id, dryRun, reason }: ReleaseOptions,
): Promise<readonly Released[]> {
  const results: Released[] = [];
  const progress = new Progress(dryRun ? 'verified' : 'released');
  const wish = { ...(dryRun && { dryRun }), ...(reason !== undefined && { reason }) };
  let next: unknown = undefined;
  do {
    const which = id === undefined ? { ...(typeof next === 'string' && { next }) } : { id };
    const page = readAnswer(await connection.admin(`${pathOf(source)}/release`, {}, { ...wish, ...which }));
    results.push(...(page['results'] as readonly Released[]));
    progress.show(results.length, undefined);
    next = page['next'];
  } while (typeof next === 'string');
  progress.end();
  return results;
}

function pathOf(source: string): string {
  return `inbox/${encodeURIComponent(source)}`;
}

/** Names and values for a person. */
export function summaryOf(explanation: InboxExplanation): readonly (readonly [string, string | number | null])[] {
  const { id, receivedAt, address, bodyBytes, rejectedFor, verdict, reason, reencoding, ageSeconds, secrets } =
    explanation;
  return [
    ['id', id],
    ['received', receivedAt],
    ['from', address],
    ['body', `${bodyBytes} bytes`],
    ['rejected for', rejectedFor],
    ['now', reason === null ? verdict : `${verdict}: ${reason}`],
    ['', meaningOf(reason)],
    ['', reencoding === null ? null : `On its way ${REENCODINGS[reencoding]}.`],
    ['age then', ageSeconds === null ? null : `${ageSeconds} s`],
    ['held against', secrets === 1 ? '1 secret' : `${secrets} secrets`],
  ];
}

function meaningOf(reason: string | null): string | null {
  const known: Readonly<Record<string, string>> = REASONS;
  return reason !== null && Object.hasOwn(known, reason) ? (known[reason] ?? null) : null;
}
