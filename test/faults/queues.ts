import { MOST_RECEIVES, TRIES_PER_HOP } from '../../lambdas/core/processing/retry.ts';
import type { ManualClock } from '../support/manual-clock.ts';
import type { Fault } from './fault.ts';

export type Hop = 'main' | 'dead' | 'parked';

export interface QueueMessage {
  readonly id: number;
  readonly body: string;
  /** Of an ordered queue. */
  readonly group?: string;
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
const MOST_RECEIVES_IN_ORDER = 100;
/** Queues that the processor's mappings read. */
const READ: readonly Hop[] = ['main', 'dead'];
const VISIBILITY_MS = { main: 180_000, dead: 300_000, parked: 0 } as const;

export interface QueuesWatch {
  /** Told of every message that moves on although it was hardly tried, for having waited. */
  readonly burned?: (message: string) => void;
  /** What goes wrong when SQS moves a message to the next queue. */
  readonly moving?: () => Fault | undefined;
}

/** SQS as the consumer meets it: at least once, visibility, receive counts, redrive from hop to hop. */
export class Queues {
  readonly messages: QueueMessage[] = [];
  readonly #clock: ManualClock;
  readonly #watch: QueuesWatch;
  #ids = 0;

  constructor(clock: ManualClock, watch: QueuesWatch = {}) {
    this.#clock = clock;
    this.#watch = watch;
  }

  send(body: string, group?: string): void {
    const now = this.#clock.now();
    const place = { id: ++this.#ids, body, ...(group !== undefined && { group }), sentAt: now };
    this.messages.push({ ...place, hop: 'main', visibleAt: now, ...untouched(now) });
  }

  /** The first message that is visible in one of the queues; those whose receives are spent are moved on instead. */
  visible(among = READ): QueueMessage | undefined {
    const now = this.#clock.now();
    for (const message of this.messages) {
      if (message.hop === 'parked' || message.visibleAt > now || !among.includes(message.hop)) continue;
      const stays = message.receives < MAX_RECEIVES[message.hop] || this.#move(message, now);
      if (stays && among.includes(message.hop)) return message;
    }
    return undefined;
  }

  /** SQS moves it itself, with its id and the time it was first sent. True if it is to be received all the same. */
  #move(message: QueueMessage, now: number): boolean {
    switch (this.#watch.moving?.()) {
      case undefined:
        break;
      case 'fail-before':
      case 'throttled':
      case 'crash-before':
        return true;
      case 'slow':
      case 'stall':
        message.visibleAt = now + VISIBILITY_MS[message.hop];
        return false;
      case 'fail-after':
      case 'late-success':
      case 'crash-after':
      case 'sdk-repeat':
        // Delivered at least once: it is moved, and one host of the old queue still has it.
        this.messages.push({ ...message, id: ++this.#ids, receives: message.receives - 1, visibleAt: now + 1 });
    }
    if (isBurned(message, now)) {
      const { id, hop, tries, deferrals } = message;
      this.#watch.burned?.(`message ${id} leaves the ${hop} queue after ${tries} tries and ${deferrals} deferrals`);
    }
    message.hop = message.hop === 'main' ? 'dead' : 'parked';
    Object.assign(message, untouched(now));
    return message.hop === 'dead';
  }

  /**
   * What one receive of an ordered queue hands over: of groups of which no message is hidden, and of each as many as
   * there are, in their order. What has no receive left stays in the dead-letter queue.
   */
  batch(most: number): QueueMessage[] {
    const now = this.#clock.now();
    const groups = new Map<string | undefined, QueueMessage[] | 'locked'>();
    for (const message of this.messages) {
      if (message.hop !== 'main') continue;
      const group = groups.get(message.group) ?? [];
      if (group === 'locked') continue;
      if (message.visibleAt > now) groups.set(message.group, 'locked');
      else if (message.receives >= MOST_RECEIVES_IN_ORDER) message.hop = 'dead';
      else {
        group.push(message);
        groups.set(message.group, group);
      }
    }
    const batch = [...groups.values()].flatMap((group) => (group === 'locked' ? [] : group)).slice(0, most);
    for (const message of batch) this.receive(message);
    return batch;
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

  /** The console's redrive of everything in a queue: new messages with a new time. */
  redrive(from: Hop = 'parked'): number {
    const moved = this.messages.filter(({ hop }) => hop === from);
    for (const message of moved) {
      this.delete(message);
      this.send(message.body, message.group);
    }
    return moved.length;
  }

  /** When the next message that is hidden now becomes visible. */
  nextVisible(among = READ): number | undefined {
    const now = this.#clock.now();
    let next: number | undefined;
    for (const { hop, visibleAt } of this.messages) {
      if (visibleAt > now && among.includes(hop) && (next === undefined || visibleAt < next)) next = visibleAt;
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
