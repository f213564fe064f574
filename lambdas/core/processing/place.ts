/**
 * Beside whom an execution runs: the others of its batch, a few in threads of their own, or nobody in its whole process.
 */
export type Place = 'together' | 'apart' | 'alone';

const ALONE = '/alone';

/**
 * Names one execution of one handing-over of a message, unique over all sandboxes. It says whether that was alone, and
 * stays in the record: if that execution dies, it is known who was to blame.
 */
export function ownerOf(invocation: string, hand: string, place: Place): string {
  return `${invocation}/${hand}${place === 'alone' ? ALONE : ''}`;
}

/** Whether a thread of the same invocation may have claimed the event before: then it is gone on with. */
export function followsAnother(place: Place | undefined): boolean {
  return place === 'apart' || place === 'alone';
}

/** Whether both are of one invocation and one message: threads that followed one another. */
export function isSameExecution(owner: string | undefined, other: string): boolean {
  return owner !== undefined && withoutPlace(owner) === withoutPlace(other);
}

export function ranAlone(owner: string | undefined): boolean {
  return owner?.endsWith(ALONE) ?? false;
}

function withoutPlace(owner: string): string {
  return ranAlone(owner) ? owner.slice(0, -ALONE.length) : owner;
}
