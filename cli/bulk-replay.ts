import { appendFileSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { EventView } from '../lambdas/core/admin/event-view.ts';
import { readAnswer } from './admin-answer.ts';
import type { Connection } from './connection.ts';
import { causeOf, Failure, messageOf, usage } from './failure.ts';
import { inert } from './inert.ts';
import { print, remark } from './print.ts';
import { Progress } from './progress.ts';
import { replayOne } from './replay.ts';
import { table } from './table.ts';

/** Which events, and how. */
export interface Selection {
  readonly source?: string;
  readonly type?: string;
  readonly status: string;
  /** Milliseconds since the epoch: from this, up to but not with that. */
  readonly from?: number;
  readonly to?: number;
  readonly force?: true;
  readonly reason?: string;
  readonly dryRun?: true;
  readonly canary?: number;
  /** Events a second. */
  readonly rate: number;
  readonly yes?: true;
  readonly log?: string;
  readonly json?: true;
}

export interface BulkResult {
  readonly selected: number;
  readonly replayed: number;
  /** Done meanwhile, so left alone. */
  readonly skipped: number;
  readonly failed: number;
}

const SAMPLE = 5;
const PAGE = '200';

/** Replays what the selection holds, newest first, each event once. */
export async function replayMany(connection: Connection, selection: Selection): Promise<BulkResult> {
  const done = loggedIn(selection.log);
  const events = (await select(connection, selection)).filter((event) => !done.has(nameOf(event)));
  const result = { selected: events.length, replayed: 0, skipped: 0, failed: 0 };
  if (!selection.json || !selection.yes) tell(events, selection);
  if (selection.dryRun || events.length === 0) return result;
  await confirmed(events.length, selection);

  const canaries = events.slice(0, selection.canary ?? 0);
  await replayAll(connection, canaries, selection, result);
  if (canaries.length > 0) {
    const ill =
      result.failed > 0 ? `${result.failed} of them could not be replayed` : await illness(connection, canaries);
    if (ill !== undefined) {
      throw new Failure(`Stopped after ${canaries.length} of ${events.length}: ${ill}. The others were not touched.`);
    }
    remark(`The first ${canaries.length} are DONE; the others follow.`);
  }
  await replayAll(connection, events.slice(canaries.length), selection, result);
  if (!selection.json) {
    print(`${result.replayed} replayed, ${result.skipped} done already, ${result.failed} refused or failed.`);
  }
  return result;
}

async function select(connection: Connection, { source, type, status, from, to }: Selection): Promise<EventView[]> {
  const found: EventView[] = [];
  const progress = new Progress('found');
  let next: string | undefined;
  const time = (at: number | undefined) => (at === undefined ? undefined : new Date(at).toISOString());
  const filter = Object.entries({ status, source, type, from: time(from), to: time(to) }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  do {
    const query = { ...Object.fromEntries(filter), limit: PAGE, ...(next !== undefined && { next }) };
    const page = readAnswer(await connection.admin('events', query));
    found.push(...(page['events'] as readonly EventView[]));
    progress.show(found.length, undefined);
    next = typeof page['next'] === 'string' ? page['next'] : undefined;
  } while (next !== undefined);
  progress.end();
  return found;
}

function tell(events: readonly EventView[], { status, dryRun, json }: Selection): void {
  const say = json || !dryRun ? remark : print;
  say(`${events.length} ${events.length === 1 ? 'event is' : 'events are'} ${status}.`);
  if (events.length === 0) return;
  const rows = events
    .slice(0, SAMPLE)
    .map(({ receivedAt, source, type, eventId, key, lastError }) => [
      receivedAt,
      source,
      type,
      eventId ?? key,
      lastError ?? '',
    ]);
  say(table(['RECEIVED', 'SOURCE', 'TYPE', 'ID', 'LAST ERROR'], rows));
  if (events.length > SAMPLE) say(`… and ${events.length - SAMPLE} more.`);
}

async function confirmed(count: number, { yes, force }: Selection): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) throw usage('Nobody is there to ask: add --yes, or --dry-run to look first.');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const effects = force ? ', and their effects happen again' : '';
  const answer = await lines.question(`Replay ${count}${effects}? [y/N] `);
  lines.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new Failure('Nothing was changed.');
}

type Tally = { -readonly [name in keyof BulkResult]: BulkResult[name] };

async function replayAll(
  connection: Connection,
  events: readonly EventView[],
  { force, reason, rate, log }: Selection,
  tally: Tally,
): Promise<void> {
  const progress = new Progress('replayed');
  const started = performance.now();
  for (const [at, { source, key, epoch }] of events.entries()) {
    await wait(Math.max(0, started + (at * 1000) / rate - performance.now()));
    try {
      const { replay } = await replayOne(connection, source, key, { force: force === true, reason, epoch });
      if (replay === 'already-done') tally.skipped++;
      else tally.replayed++;
      if (log !== undefined) note(log, { source, key, epoch, replay });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      tally.failed++;
      progress.end();
      remark(`${inert(source)} ${inert(key)}: ${error.message}`);
    }
    progress.show(at + 1, events.length);
  }
  progress.end();
}

const CANARY_PATIENCE_MS = 60_000;
const POLL_MS = 500;

/** Why the canaries are no reason to go on, if so. */
async function illness(connection: Connection, canaries: readonly EventView[]): Promise<string | undefined> {
  const deadline = performance.now() + CANARY_PATIENCE_MS;
  for (const before of canaries) {
    for (;;) {
      const path = `events/${before.source}/${encodeURIComponent(before.key)}`;
      const now = readAnswer(await connection.admin(path, {})) as unknown as EventView;
      if (now.status === 'DONE' && (now.epoch > before.epoch || before.status !== 'DONE')) break;
      const tried = now.epoch > before.epoch ? now.attempt > 0 : now.attempt > before.attempt;
      if (tried && (now.status === 'FAILED' || now.status === 'PARKED')) {
        return `${inert(before.source)} ${inert(before.key)} is ${now.status} again (${inert(now.lastError ?? '', 300)})`;
      }
      if (performance.now() > deadline)
        return `${inert(before.source)} ${inert(before.key)} did not end within a minute`;
      await wait(POLL_MS);
    }
  }
  return undefined;
}

function nameOf({ source, key, epoch }: Pick<EventView, 'source' | 'key' | 'epoch'>): string {
  return JSON.stringify([source, key, epoch]);
}

function note(file: string, line: Readonly<Record<string, string | number>>): void {
  try {
    appendFileSync(file, `${JSON.stringify(line)}\n`);
  } catch (error) {
    throw new Failure(`${file} can't be written (${causeOf(error)}): stopped, because nobody could go on from here.`);
  }
}

/** The events that an earlier run noted. A last line that was cut short is one event that is replayed again. */
function loggedIn(file: string | undefined): ReadonlySet<string> {
  if (file === undefined) return new Set();
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (causeOf(error) === 'ENOENT') return new Set();
    throw usage(`${file} can't be read (${messageOf(error)}).`);
  }
  const names = text.split('\n').flatMap((line) => {
    try {
      return [nameOf(JSON.parse(line) as Pick<EventView, 'source' | 'key' | 'epoch'>)];
    } catch {
      return [];
    }
  });
  return new Set(names);
}
