import type { Taken } from './batch-response.ts';

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
  /** Whether a thread before this one may have claimed their events already: then they are gone on with. */
  readonly resumed: boolean;
  /** For each message, how the execution of it was cut short; then nothing is run and this is noted. */
  readonly cutShort?: readonly string[];
}

/** `apart`: an event that cut an execution short before. It is claimed and not run: it is to run in a thread of its own. */
export type Verdict = Taken | 'apart';

export interface Ran {
  /** Of the messages that have ended, by their place in the job. */
  readonly verdicts: readonly (Verdict | undefined)[];
  /** Why the thread ended before the job did. */
  readonly lost?: string;
}

export interface Thread<Message extends Handed> {
  /** One job at a time. A thread that is lost takes no other. Rejected when the thread could not be started. */
  run(job: Job<Message>): Promise<Ran>;
  end(): void;
}

export interface SuperviseOptions<Message extends Handed> {
  readonly invocation: string;
  /** When the function is killed, in milliseconds since the epoch. */
  readonly deadline: number;
  /** What a thread of its own leaves of that for noting how it ended. */
  readonly noteMs: number;
  /** Messages that must run one after the other. */
  readonly unitOf: (message: Message) => string;
  /** The thread that runs whole batches; a new one when the last is lost. */
  readonly standing: () => Thread<Message>;
  /** A thread for one message. */
  readonly fresh: () => Thread<Message>;
}

/** Threads of their own at a time: one that blocks must not keep those behind it waiting, and each takes memory. */
const MOST_FRESH = 3;

/**
 * Runs a batch so that no message of it can harm another. All run together in one thread, which is cheap. When that thread
 * is lost (a handler blocked it, ended it or filled its memory), what had not ended runs again in threads of their own;
 * who loses that thread too is the one. How it ended is noted in its record, like any failure, and from then on
 * its event begins in a thread of its own.
 *
 * @returns what may be deleted, by message id; messages without a word return to their queue
 */
export async function supervise<Message extends Handed>(
  messages: readonly Message[],
  { invocation, deadline, noteMs, unitOf, standing, fresh }: SuperviseOptions<Message>,
): Promise<ReadonlyMap<string, Taken>> {
  const taken = new Map<string, Taken>();
  /** Returns what has not ended. */
  const book = (among: readonly Message[], { verdicts }: Ran): Message[] =>
    among.filter(({ messageId }, at) => {
      const verdict = verdicts[at];
      if (verdict === undefined || verdict === 'apart') return true;
      taken.set(messageId, verdict);
      return false;
    });

  const all = await standing().run({ messages, invocation, deadline, resumed: false });
  const open = book(messages, all);
  if (open.length === 0) return taken;

  const culprits: { readonly message: Message; readonly how: string }[] = [];
  const [first, ...others] = open;
  if (all.lost !== undefined && first && others.length === 0) culprits.push({ message: first, how: all.lost });
  else {
    const units = [...Map.groupBy(open, unitOf).values()];
    const runNext = async (): Promise<void> => {
      for (let unit = units.shift(); unit; unit = units.shift()) {
        const thread = fresh();
        const ran = await thread.run({ messages: unit, invocation, deadline: deadline - noteMs, resumed: true });
        thread.end();
        const [stopped] = book(unit, ran);
        if (stopped && ran.lost !== undefined) culprits.push({ message: stopped, how: ran.lost });
      }
    };
    await Promise.all(Array.from({ length: MOST_FRESH }, runNext));
  }
  if (culprits.length > 0) {
    const noted = culprits.map(({ message }) => message);
    const cutShort = culprits.map(({ how }) => how);
    book(noted, await standing().run({ messages: noted, invocation, deadline, resumed: true, cutShort }));
  }
  return taken;
}
