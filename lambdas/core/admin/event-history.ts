import type { EventRecord } from '../record.ts';

/** Who wrote a line about an event. */
export type Writer = 'verifier' | 'processor' | 'admin';

/** One log line that carries an event's key. What is in `fields` is as it was written, and of any type. */
export interface HistoryLine {
  readonly writer: Writer;
  /** Milliseconds since the epoch, at the end of what it tells. */
  readonly at: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The functions' lines about one event. */
export interface HistoryLog {
  /** @returns not `complete` where there was more than one request can read */
  read(record: EventRecord): Promise<{ readonly lines: readonly HistoryLine[]; readonly complete: boolean }>;
}

/**
 * A `delivery` of the provider; an `attempt`, that its handler ran; a `message` that ran no handler; a `replay` by a
 * person.
 */
export const HAPPENINGS = ['delivery', 'attempt', 'message', 'replay'] as const;

/** One thing that happened to an event, as people see it. */
export interface HistoryEntry {
  /** When it ended. ISO 8601. */
  readonly at: string;
  readonly what: (typeof HAPPENINGS)[number];
  /** The word of the line: `accepted`, `failed`, `done`, …; of a replay, what came of it. */
  readonly outcome: string;
  readonly attempt: number | null;
  readonly ms: number | null;
  /** Between the end of the entry before and its beginning, as far as that is known. */
  readonly waitedMs: number | null;
  readonly reason: string | null;
  /** Of a replay. */
  readonly who: string | null;
}

/** Those that a handler ran in, or that count as one try. */
const TRIES: ReadonlySet<string> = new Set(['done', 'failed', 'parked']);

/** Lines in any order, as the entries of a history, oldest first. */
export function historyOf(lines: readonly HistoryLine[]): readonly HistoryEntry[] {
  let endOfLast: number | undefined;
  return [...lines]
    .sort((a, b) => a.at - b.at)
    .map((line) => {
      const entry = entryOf(line);
      const waitedMs = endOfLast === undefined ? null : Math.max(0, line.at - (entry.ms ?? 0) - endOfLast);
      endOfLast = line.at;
      return { ...entry, waitedMs };
    });
}

function entryOf({ writer, at, fields }: HistoryLine): Omit<HistoryEntry, 'waitedMs'> {
  const message = text(fields['message']) ?? '';
  const base = { at: new Date(at).toISOString(), ms: whole(fields['ms']) };
  switch (writer) {
    case 'verifier': {
      const via = text(fields['via']);
      const beside =
        fields['sameBody'] === false ? 'with another payload' : via === null ? null : `queued by the ${via}`;
      const reason = text(fields['reason']) ?? beside;
      return { ...base, what: 'delivery', outcome: message, attempt: null, reason, who: null };
    }
    case 'processor': {
      const isTry = TRIES.has(message);
      return {
        ...base,
        what: isTry ? 'attempt' : 'message',
        outcome: message,
        // A line says it from the second on.
        attempt: isTry ? (whole(fields['attempt']) ?? 1) : null,
        reason: text(fields['reason']),
        who: null,
      };
    }
    case 'admin': {
      const outcome = text(fields['refusal']) ?? text(fields['outcome']) ?? message;
      const reason = text(fields['why']) ?? null;
      return {
        ...base,
        what: 'replay',
        outcome,
        attempt: null,
        reason: reason === '' ? null : reason,
        who: text(fields['who']),
      };
    }
  }
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function whole(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : null;
}
