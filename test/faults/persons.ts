import { encodeMessage, type Message } from '../../lambdas/core/message.ts';
import { replay } from '../../lambdas/core/replay.ts';
import { SOURCES } from './deliveries.ts';
import type { Gateway } from './gateway.ts';

/** When a person replays, and whether with force. */
const REPLAYS_AT: readonly (readonly [atMs: number, force: boolean])[] = [
  [500, false],
  [1_000, true],
  [10 * 60_000, true],
  [10 * 60_000 + 500, false],
];
const ROUTES = new Set(SOURCES.map(({ name }) => `${name}/route`));
const OTHER_PAYLOAD = 'f'.repeat(64);

/** A person at the command line, who tries once more when it fails. */
export function replayNowAndThen(gateway: Gateway): void {
  for (const [at, force] of REPLAYS_AT) gateway.clock.alarm(at, () => void replayOnce(gateway, force, 0));
}

async function replayOnce(gateway: Gateway, force: boolean, tries: number): Promise<void> {
  const actor = gateway.newActor('operator');
  const store = gateway.storeOf(actor);
  const queue = gateway.queueOf(actor, 'replay-send');
  const [pk = ''] = gateway.life.store.records.keys();
  try {
    await replay(await store.get(pk), force, { store, queue, clock: actor.clock, routes: ROUTES });
  } catch {
    if (tries === 0) gateway.clock.alarm(10_000, () => void replayOnce(gateway, force, 1));
  }
}

const STRANGE = [
  'no message',
  JSON.stringify({ v: 99, pk: 'scalekit#forged', epoch: 0, bodySha256: OTHER_PAYLOAD }),
  encodeMessage({ pk: 'scalekit#forged', epoch: 0, bodySha256: OTHER_PAYLOAD }),
];

/** Somebody who may write to the queue puts there what names no record. */
export function intrude({ queues, random }: Gateway): void {
  const body = STRANGE[Math.floor(random() * STRANGE.length)];
  if (body !== undefined) queues.send(body);
}

/** And a copy of the verifier's message: with another payload, or of an epoch that never was. */
export function mistakenCopy(body: string, wrong: 'payload' | 'epoch'): string {
  const message = JSON.parse(body) as Message;
  return encodeMessage(
    wrong === 'payload' ? { ...message, bodySha256: OTHER_PAYLOAD } : { ...message, epoch: message.epoch + 1 },
  );
}
