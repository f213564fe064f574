import { createHash } from 'node:crypto';
import type { EventRecord } from './record.ts';
import { atPointer, parseJson, scalarText } from './scheme/json.ts';
import { json, type Pointer } from './scheme/part.ts';

/** RFC 6901, of something inside the body. */
export function isPointer(text: string): text is `/${string}` {
  return /^(\/([^~/]|~[01])+)+$/.test(text);
}

/**
 * What the events of an ordered route are ordered by, from the place in the body that its processor names. Undefined
 * when there is nothing that could be a key, a number past 2^53 included: such an event waits for no other.
 *
 * @param pointer JSON pointer (RFC 6901): `/data/order_id`
 */
export function orderKeyAt(pointer: Pointer, body: Buffer): string | undefined {
  const parsed = parseJson(body);
  if ('problem' in parsed) return undefined;
  const slot = json(pointer);
  return slot.slot === 'json' ? scalarText(atPointer(parsed.value, slot.pointer)) || undefined : undefined;
}

/**
 * What SQS takes as it is for the name of a group.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
const PLAIN_GROUP = /^[\w!"#$%&'()*+,\-./:;<=>?@[\\\]^`{|}~]{1,128}$/;

/** The group of an event's message. One without a key is a group of its own. */
export function groupOf({ pk, orderKey }: EventRecord): string {
  const key = orderKey ?? pk;
  return orderKey !== undefined && PLAIN_GROUP.test(orderKey) ? orderKey : sha256(key);
}

/**
 * The same for each message that would bring about the same run: a delivery that is repeated and a sweep find theirs
 * dropped while the first one is not five minutes old, and after that get through. A replay of what was parked, or a new
 * epoch, brings about another.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html
 */
export function deduplicationIdOf({ pk, epoch, movedAt = 0 }: EventRecord): string {
  return sha256(`${pk}@${epoch}/${movedAt}`);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
