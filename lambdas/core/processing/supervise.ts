import type { Taken } from './batch-response.ts';
import type { Place } from './place.ts';

/** A message as Lambda hands it over; what is in it is for the thread. */
export interface Handed {
  readonly messageId: string;
}

/** What a thread is to do with some messages of one invocation. */
export interface Job<Message extends Handed> {
  readonly messages: readonly Message[];
  /** Names this invocation: executions of its messages that follow one another hold their events together. */
  readonly invocation: string;
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  readonly place: Place;
  /** For each message, how the execution of it was cut short; then nothing is run and this is noted. */
  readonly cutShort?: readonly string[];
}

/**
 * `apart`: an event that cut an execution short before; it is to run in a thread of its own. `alone`: its last execution
 * died, and who of that batch was to blame is not known; it is to run beside nobody. `last`: as that, and it died alone.
 */
export type Verdict = Taken | 'apart' | 'alone' | 'last';

export interface Ran {
  /** Of the messages that have ended, by their place in the job. */
  readonly verdicts: readonly (Verdict | undefined)[];
  /** Why the thread ended before the job did. */
  readonly lost?: string;
  /** It ended for what all threads share, the process's memory: whoever used it up shows only when alone. */
  readonly shared?: true;
}

export interface Thread<Message extends Handed> {
  /** One job at a time. Rejected when the thread could not be started. */
  run(job: Job<Message>): Promise<Ran>;
  end(): void;
}

export interface SuperviseOptions<Message extends Handed> {
  readonly invocation: string;
  /** When the function is killed, in milliseconds since the epoch. */
  readonly deadline: number;
  /** What a thread of its own leaves of that for noting how it ended. */
  readonly noteMs: number;
  readonly now: () => number;
  /** Messages that must run one after the other. */
  readonly unitOf: (message: Message) => string;
  /** What runs whole batches; when it is lost, it goes on as a new thread. */
  readonly standing: Thread<Message>;
  /** A thread for one unit, given up when it stands still for so long. */
  readonly fresh: (patienceMs: number) => Thread<Message>;
}

/** Threads of their own at a time: one that blocks must not keep those behind it waiting, and each takes memory. */
const MOST_FRESH = 3;
/** With less time than this nobody is begun: it would be blamed for not ending. */
const LEAST_MS = 5_000;

interface Open<Message extends Handed> {
  readonly message: Message;
  readonly verdict: Exclude<Verdict, Taken> | undefined;
}

interface Culprit<Message extends Handed> {
  readonly message: Message;
  readonly how: string;
}

/**
 * Runs a batch so that no message of it can harm another. All run together in one thread, which is cheap. When that thread
 * is lost (a handler blocked it, ended it or filled its memory), what had not ended runs again in threads of their own;
 * who loses that thread too is the one. How it ended is noted in its record, like any failure, and from then on
 * its event begins in a thread of its own. What may have ended a whole process runs when all others have their end, one
 * after the other: if it does so again, nobody else loses anything.
 *
 * @returns what may be deleted, by message id; messages without a word return to their queue
 */
export async function supervise<Message extends Handed>(
  messages: readonly Message[],
  { invocation, deadline, noteMs, now, unitOf, standing, fresh }: SuperviseOptions<Message>,
): Promise<ReadonlyMap<string, Taken>> {
  const taken = new Map<string, Taken>();
  const until = deadline - noteMs;
  const leastMs = Math.min(LEAST_MS, (deadline - now()) / 4);

  /** Returns what has not ended. */
  const book = (among: readonly Message[], { verdicts }: Ran): Open<Message>[] =>
    among.flatMap((message, at) => {
      const verdict = verdicts[at];
      if (verdict !== 'taken' && verdict !== 'returned') return [{ message, verdict }];
      taken.set(message.messageId, verdict);
      return [];
    });

  async function note(culprits: readonly Culprit<Message>[]): Promise<void> {
    if (culprits.length === 0) return;
    const noted = culprits.map(({ message }) => message);
    const cutShort = culprits.map(({ how }) => how);
    book(noted, await standing.run({ messages: noted, invocation, deadline, place: 'alone', cutShort }));
  }

  /** Runs units in threads of their own, so many at a time. Returns what is still to run alone. */
  async function runUnits(units: Message[][], place: 'apart' | 'alone', atOnce: number): Promise<Open<Message>[]> {
    const toRunAlone: Open<Message>[] = [];
    const culprits: Culprit<Message>[] = [];
    let running = 0;
    const runNext = async (): Promise<void> => {
      for (let unit = units.shift(); unit; unit = units.shift()) {
        const leftMs = until - now();
        // The rest returns without a word.
        if (leftMs < leastMs) return;
        running += 1;
        // One that stands still leaves those that wait for a thread the same time.
        const waiting = Math.max(0, units.length - (atOnce - running));
        const thread = fresh(leftMs / (1 + Math.ceil(waiting / atOnce)));
        const ran = await thread.run({ messages: unit, invocation, deadline: until, place });
        thread.end();
        running -= 1;
        const open = book(unit, ran);
        const [stopped] = open;
        if (!stopped) continue;
        if (place === 'apart' && (ran.shared || isForAlone(stopped))) toRunAlone.push(...open);
        else if (ran.lost !== undefined) culprits.push({ message: stopped.message, how: ran.lost });
        // The next one may end the process, and this must be known before.
        if (place === 'alone') await note(culprits.splice(0));
      }
    };
    await Promise.all(Array.from({ length: atOnce }, runNext));
    await note(culprits);
    return toRunAlone;
  }

  const all = await standing.run({ messages, invocation, deadline, place: 'together' });
  const open = book(messages, all);
  const [first, ...others] = open;
  if (!first) return taken;
  // Nobody else can have been it.
  if (all.lost !== undefined && !all.shared && first.verdict === undefined && others.length === 0) {
    await note([{ message: first.message, how: all.lost }]);
    return taken;
  }
  const inUnits = (among: readonly Open<Message>[]) => [
    ...Map.groupBy(
      among.map(({ message }) => message),
      unitOf,
    ).values(),
  ];
  const isAlone = (one: Open<Message>) => isForAlone(one) || all.shared === true;
  const alone = [
    ...open.filter(isAlone),
    ...(await runUnits(inUnits(open.filter((one) => !isAlone(one))), 'apart', MOST_FRESH)),
  ];
  const [sooner, later] = [alone.filter(({ verdict }) => verdict !== 'last'), alone.filter(isLast)];
  await runUnits([...inUnits(sooner), ...inUnits(later)], 'alone', 1);
  return taken;
}

function isForAlone({ verdict }: Open<Handed>): boolean {
  return verdict === 'alone' || verdict === 'last';
}

function isLast({ verdict }: Open<Handed>): boolean {
  return verdict === 'last';
}
