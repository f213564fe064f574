import { MOST_RECEIVES, TRIES_PER_HOP } from '../../lambdas/core/retry.ts';
import type { ManualClock } from '../support/manual-clock.ts';

export type Hop = 'main' | 'dead' | 'parked';

export interface QueueMessage {
  readonly id: number;
  readonly body: string;
  readonly sentAt: number;
  hop: Hop;
  visibleAt: number;
  receives: number;
  /** Of the receives on this queue: those that ended in a try, and those that the breaker sent back. */
  tries: number;
  deferrals: number;
  /** When it came to this queue. */
  arrivedAt: number;
}

const MAX_RECEIVES = { ...MOST_RECEIVES, parked: Infinity } as const;
const VISIBILITY_MS = { main: 180_000, dead: 300_000, parked: 0 } as const;

/** SQS as the consumer meets it: at least once, visibility, receive counts, redrive from hop to hop. */
export class Queues {
  readonly messages: QueueMessage[] = [];
  readonly #clock: ManualClock;
  readonly #burned: (message: string) => void;
  #ids = 0;

  /** @param burned told of every message that moves on although it was hardly tried, for having waited */
  constructor(clock: ManualClock, burned: (message: string) => void = () => undefined) {
    this.#clock = clock;
    this.#burned = burned;
  }

  send(body: string): void {
    const now = this.#clock.now();
    this.messages.push({ id: ++this.#ids, body, sentAt: now, hop: 'main', visibleAt: now, ...untouched(now) });
  }

  /** The first message that is visible, or moves those whose receives are spent. */
  visible(): QueueMessage | undefined {
    const now = this.#clock.now();
    for (const message of this.messages) {
      if (message.hop === 'parked' || message.visibleAt > now) continue;
      if (message.receives >= MAX_RECEIVES[message.hop]) {
        if (isBurned(message, now)) {
          const { id, hop, tries, deferrals } = message;
          this.#burned(`message ${id} leaves the ${hop} queue after ${tries} tries and ${deferrals} deferrals`);
        }
        // SQS moves it itself, with its id and the time it was first sent.
        message.hop = message.hop === 'main' ? 'dead' : 'parked';
        Object.assign(message, untouched(now));
        if (message.hop === 'parked') continue;
      }
      return message;
    }
    return undefined;
  }

  receive(message: QueueMessage): void {
    if (message.hop === 'parked') return;
    message.receives++;
    message.visibleAt = this.#clock.now() + VISIBILITY_MS[message.hop];
  }

  delete(message: QueueMessage): void {
    const at = this.messages.indexOf(message);
    if (at >= 0) this.messages.splice(at, 1);
  }

  /** The console's redrive of everything parked: new messages with a new time. */
  redrive(): number {
    const parked = this.messages.filter(({ hop }) => hop === 'parked');
    for (const message of parked) {
      this.delete(message);
      this.send(message.body);
    }
    return parked.length;
  }

  /** When the next message that is hidden now becomes visible. */
  nextVisible(): number | undefined {
    let next: number | undefined;
    for (const { hop, visibleAt } of this.messages) {
      if (hop !== 'parked' && (next === undefined || visibleAt < next)) next = visibleAt;
    }
    return next;
  }
}

function untouched(now: number) {
  return { receives: 0, tries: 0, deferrals: 0, arrivedAt: now };
}

/** The breaker's own deferrals spend a message's receives over more than this. */
const PATIENCE_MS = 2 * 60 * 60_000;

/** Receives that a fault swallowed are nobody's deferral, so a message that had one is not judged. */
function isBurned({ hop, receives, tries, deferrals, arrivedAt }: QueueMessage, now: number): boolean {
  if (deferrals === 0 || tries + deferrals < receives) return false;
  return hop === 'main' ? tries < TRIES_PER_HOP && now - arrivedAt < PATIENCE_MS : tries === 0;
}
