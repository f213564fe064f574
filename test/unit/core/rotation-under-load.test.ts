import { endpointsOf, receive } from '../../../lambdas/core/receive.ts';
import { rotate, type RotationEvent, SETTLE_MS } from '../../../lambdas/core/secrets/rotation.ts';
import type { SecretSet } from '../../../lambdas/core/scheme/key.ts';
import { checkSecret } from '../../../lambdas/core/secrets/secret-check.ts';
import { sign } from '../../../lambdas/core/scheme/sign.ts';
import { SecretCache } from '../../../lambdas/core/secrets/secrets.ts';
import { providers } from '../../../lambdas/providers/index.ts';
import { NOON, scalekitDelivery } from '../../support/gateway-in-memory.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryQueue } from '../../support/memory/queue.ts';
import { rotatedSecret } from '../../support/memory/rotated-secret.ts';
import { MemorySecrets } from '../../support/memory/secrets.ts';
import { MemoryStore } from '../../support/memory/store.ts';

const OLD = Buffer.from('the old key of 24 bytes!');
const NEW = Buffer.from('the new key of 24 bytes!');
const FORGED = Buffer.from('nobody has given it this');
const textOf = (key: Buffer) => `whsec_${key.toString('base64')}`;
const OVERLAP_MS = 24 * 3_600_000;

const SOURCE = {
  name: 'scalekit',
  provider: 'scalekit',
  maxBodyBytes: 1024 * 1024,
  secretOverlapSeconds: OVERLAP_MS / 1000,
  routes: [{ processor: 'scalekit/user-created', name: 'user-created', on: 'organization.directory.user_created' }],
};

/** A gateway of several containers over one store, with everything that is counted. */
function gateway() {
  const clock = new ManualClock(NOON);
  const secretStore = new MemorySecrets();
  secretStore.rotate('scalekit', textOf(OLD), NOON - 7 * OVERLAP_MS);
  const [endpoint] = endpointsOf([SOURCE], providers).values();
  if (!endpoint) throw new Error('no endpoint');
  const store = new MemoryStore();
  const queue = new MemoryQueue();
  const container = () =>
    new SecretCache<SecretSet>({
      store: secretStore,
      clock,
      overlapSeconds: () => SOURCE.secretOverlapSeconds,
      rotates: () => true,
      prepare: (_, values) => endpoint.verifier.secrets(values),
    });
  // The last one sleeps through the rotation and wakes late in the overlap.
  const containers = [container(), container(), container(), container()];
  let sent = 0;

  const deliver = async (key: Buffer, at = sent % 3): Promise<{ id: string; receipt: string }> => {
    const id = `msg_${++sent}`;
    const secrets = containers[at] ?? container();
    const { receipt } = await receive(scalekitDelivery({ id, key, at: clock.now() }), endpoint, {
      ...{ store, queue, clock, secrets },
    });
    return { id, receipt };
  };
  const check = (value: string, version: string) => {
    const signed = sign(endpoint.verifier.provider, {
      body: Buffer.from('{}'),
      id: 'hookgate-rotation',
      timestamp: clock.now(),
      secret: value,
    });
    if ('unsignable' in signed) throw new Error(signed.unsignable);
    const body = signed.body.toString('base64');
    const request = { secretCheck: { source: 'scalekit', version, url: signed.url, headers: signed.headers, body } };
    return checkSecret(request, endpoint, { secrets: containers[0] ?? container(), clock });
  };
  return { clock, secretStore, store, queue, deliver, check };
}

test('10,000 deliveries through a rotation: none that is valid is refused, all of the old secret after the overlap, none lost', async () => {
  const { clock, secretStore, store, queue, deliver, check } = gateway();
  const counts = { accepted: 0, validRefused: 0, forgedAccepted: 0, oldAcceptedAfterOverlap: 0 };
  const acknowledged: string[] = [];
  let providerSigns: readonly Buffer[] = [OLD];

  const valid = async (key: Buffer, at?: number) => {
    const { id, receipt } = await deliver(key, at);
    if (receipt !== 'accepted') counts.validRefused++;
    else {
      counts.accepted++;
      acknowledged.push(id);
    }
  };
  /** Deliveries of the provider, and forgeries that use up every look at the secret store. */
  const load = async (deliveries: number, stepMs: number) => {
    for (let i = 0; i < deliveries; i++) {
      clock.advance(stepMs);
      if ((await deliver(FORGED)).receipt === 'accepted') counts.forgedAccepted++;
      await valid(providerSigns[i % providerSigns.length] ?? OLD);
    }
  };
  const secret = rotatedSecret(secretStore, 'scalekit', 'v2', clock);
  const step = (Step: RotationEvent['Step']) =>
    rotate(
      { Step, SecretId: 'arn', ClientRequestToken: 'v2' },
      {
        secret,
        clock,
        issue: () => textOf(NEW),
        register: () => {
          // From now on it signs with the new one; what it tries again it may have signed with the old one.
          providerSigns = [NEW, OLD];
          return Promise.resolve();
        },
        check,
        overlapSeconds: SOURCE.secretOverlapSeconds,
      },
    );

  await valid(OLD, 3);
  await load(1_000, 1_000);
  await step('createSecret');
  const born = clock.now();
  await load(500, 20);
  const setting = step('setSecret');
  await new Promise(setImmediate);
  await load(1_300, SETTLE_MS / 1_300);
  await setting;
  await load(1_000, 20);
  await step('testSecret');
  await load(1_000, 20);
  await step('finishSecret');
  await load(2_500, 20);
  await load(2_000, 30_000);
  await valid(NEW, 3);
  // A container that starts now, and the last moment of the overlap.
  await valid(OLD, 9);
  clock.advance(born + OVERLAP_MS - 1 - clock.now());
  await load(697, 0);
  expect(counts).toEqual({
    accepted: 10_000,
    validRefused: 0,
    forgedAccepted: 0,
    oldAcceptedAfterOverlap: 0,
  });

  clock.advance(1);
  for (let i = 0; i < 1_000; i++) {
    if ((await deliver(OLD, i % 5)).receipt !== 'rejected') counts.oldAcceptedAfterOverlap++;
    await valid(NEW, i % 5);
    clock.advance(100);
  }
  expect(counts).toMatchObject({ validRefused: 0, oldAcceptedAfterOverlap: 0, accepted: 11_000 });

  const queued = new Set(queue.sent.map(({ body }) => (JSON.parse(body) as { pk: string }).pk));
  expect(acknowledged.filter((id) => !queued.has(`scalekit#${id}`))).toEqual([]);
  expect(store.records.size).toBe(acknowledged.length);
});

test('a revoked secret is refused within a minute by a container that knew it as the previous one', async () => {
  const { clock, secretStore, deliver } = gateway();
  await deliver(OLD, 0);
  secretStore.rotate('scalekit', textOf(NEW), clock.now());
  clock.advance(61_000);
  expect((await deliver(NEW, 0)).receipt).toBe('accepted');
  expect((await deliver(OLD, 0)).receipt).toBe('accepted');

  secretStore.revoke('scalekit');
  clock.advance(61_000);
  expect((await deliver(OLD, 0)).receipt).toBe('rejected');
});

test('a rotation that is cancelled takes its secret with it', async () => {
  const { clock, secretStore, deliver } = gateway();
  secretStore.begin('scalekit', textOf(NEW), clock.now());
  expect((await deliver(NEW, 0)).receipt).toBe('accepted');

  secretStore.revoke('scalekit', 'AWSPENDING');
  clock.advance(61_000);
  expect((await deliver(NEW, 0)).receipt).toBe('rejected');
  expect((await deliver(OLD, 0)).receipt).toBe('accepted');
});
