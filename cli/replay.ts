import { readAnswer } from './admin-answer.ts';
import type { Connection } from './connection.ts';

/** What the admin API says of one replay. */
export interface Replayed {
  readonly source: string;
  readonly id: string;
  readonly replay: 'sent' | 'restarted' | 'already-done';
  readonly via: 'queue' | 'outbox' | null;
  readonly epoch: number;
}

export interface ReplayWish {
  readonly force: boolean;
  readonly reason?: string | undefined;
  /** Only while it is in this epoch. */
  readonly epoch?: number;
}

/** Replays one event; what the API refuses is a `Failure`. */
export async function replayOne(
  connection: Connection,
  source: string,
  id: string,
  { force, reason, epoch }: ReplayWish,
): Promise<Replayed> {
  const path = `events/${source}/${encodeURIComponent(id)}/replay`;
  const wish = { force, ...(reason !== undefined && { reason }), ...(epoch !== undefined && { epoch }) };
  return readAnswer(await connection.admin(path, {}, wish)) as unknown as Replayed;
}

export function sentence({ replay, via, epoch }: Replayed): string {
  switch (replay) {
    case 'already-done':
      return 'It is DONE already, so nothing was sent. --force runs it again, under a new idempotency key.';
    case 'sent':
      return 'Sent to its queue once more.';
    case 'restarted':
      return via === 'queue'
        ? `Begun anew, epoch ${epoch}.`
        : `Begun anew, epoch ${epoch}. The queue did not take it; the sweeper sends it within two minutes.`;
  }
}
