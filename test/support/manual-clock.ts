import type { Clock } from '../../lambdas/core/ports.ts';

/** Time that moves only when it is told to. */
export class ManualClock implements Clock {
  #now: number;
  readonly #alarms = new Set<{ at: number; ring: () => void }>();

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  alarm(ms: number, ring: () => void): () => void {
    const alarm = { at: this.#now + ms, ring };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  }

  /** When the next alarm rings. */
  nextAlarm(): number | undefined {
    let next: number | undefined;
    for (const { at } of this.#alarms) if (next === undefined || at < next) next = at;
    return next;
  }

  /** Moves time on and rings what is due by then. */
  advance(ms: number): void {
    this.#now += ms;
    const due = [];
    for (const alarm of this.#alarms) if (alarm.at <= this.#now) due.push(alarm);
    if (due.length > 1) due.sort((a, b) => a.at - b.at);
    for (const alarm of due) if (this.#alarms.delete(alarm)) alarm.ring();
  }
}
