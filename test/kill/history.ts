import { isAcknowledged, type Tables } from './drain.ts';
import { redelivers, type SentEvent } from './events.ts';

export interface Finding {
  readonly events: number;
  readonly acknowledged: number;
  readonly lost: number;
  readonly double: number;
  /** A sentence each; empty when the promise was kept. */
  readonly problems: readonly string[];
}

/**
 * Judges what the providers were told against what the tables hold: every acknowledged event DONE with its effect once,
 * none for what is forged. An event that got no 2xx may have had its effect, once, or not.
 */
export function judge(events: readonly SentEvent[], { effects, records }: Tables): Finding {
  const problems: string[] = [];
  let lost = 0;
  let double = 0;
  for (const event of events) {
    const own = effects.get(event.name) ?? [];
    const acknowledged = isAcknowledged(event);
    const told = `${event.name} of ${event.source} (answered ${event.answers.join(', ') || 'never'})`;
    if (event.forged && (acknowledged || own.length > 0)) problems.push(`forged: ${told} was let in`);
    if (!event.forged && redelivers(event) && !acknowledged) problems.push(`never: ${told} was never acknowledged`);
    if (acknowledged && own.length === 0) {
      lost++;
      problems.push(`lost: ${told} had no effect`);
    }
    if (own.length > 1) {
      double++;
      problems.push(`double: ${told} had ${own.length} effects: ${own.map(({ key }) => key).join(', ')}`);
    }
    const unfinished = own.filter(({ key }) => records.get(key.slice(0, key.lastIndexOf('@'))) !== 'DONE');
    if (unfinished.length > 0) problems.push(`record: ${told} took effect and its record is not DONE`);
  }
  return { events: events.length, acknowledged: events.filter(isAcknowledged).length, lost, double, problems };
}
