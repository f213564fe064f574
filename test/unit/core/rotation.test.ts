import { rotate, type RotationEvent, type RotationPorts, SETTLE_MS } from '../../../lambdas/core/secrets/rotation.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { rotatedSecret } from '../../support/memory/rotated-secret.ts';
import { MemorySecrets } from '../../support/memory/secrets.ts';

const HOUR = 3_600_000;

function rotation() {
  const clock = new ManualClock(1_000 * HOUR);
  const store = new MemorySecrets();
  store.rotate('shop', 'old', clock.now() - 100 * HOUR);
  const registered: string[] = [];
  const checked: string[] = [];
  let issued = 0;
  let verdict = 'passed';
  const ports: RotationPorts = {
    secret: rotatedSecret(store, 'shop', 'v2', clock),
    clock,
    issue: () => `new-${++issued}`,
    register: (value) => Promise.resolve(void registered.push(value)),
    check: (value, version) => {
      checked.push(`${value} as ${version}`);
      return Promise.resolve(verdict);
    },
    overlapSeconds: 24 * 3600,
  };
  const step = async (Step: RotationEvent['Step']) => {
    const done = rotate({ Step, SecretId: 'arn', ClientRequestToken: 'v2' }, ports);
    done.catch(() => undefined);
    await new Promise(setImmediate);
    if (Step === 'setSecret') clock.advance(SETTLE_MS);
    return done;
  };
  const values = () =>
    Object.fromEntries([...(store.stages.get('shop') ?? [])].map(([stage, { value }]) => [stage, value]));
  return { clock, store, ports, step, values, registered, checked, refuse: (word: string) => (verdict = word) };
}

test('four steps make a new secret, tell the provider, test it and make it current', async () => {
  const { step, values, registered, checked } = rotation();
  await step('createSecret');
  expect(values()).toEqual({ AWSCURRENT: 'old', AWSPENDING: 'new-1' });
  await step('setSecret');
  expect(registered).toEqual(['new-1']);
  await step('testSecret');
  expect(checked).toEqual(['new-1 as v2']);
  expect(values()).toEqual({ AWSCURRENT: 'old', AWSPENDING: 'new-1' });
  await step('finishSecret');
  expect(values()).toEqual({ AWSCURRENT: 'new-1', AWSPENDING: 'new-1', AWSPREVIOUS: 'old' });
});

test('each step may come twice, and all of them again after the end', async () => {
  const { step, values, registered } = rotation();
  const steps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;
  for (const each of steps) {
    await step(each);
    await step(each);
  }
  for (const each of steps) await step(each);

  expect(registered).toEqual(['new-1', 'new-1']);
  expect(values()).toEqual({ AWSCURRENT: 'new-1', AWSPENDING: 'new-1', AWSPREVIOUS: 'old' });
});

test('the provider is told only after every container may look for a new secret again', async () => {
  const { step, ports, clock, registered } = rotation();
  await step('createSecret');
  const telling = rotate({ Step: 'setSecret', SecretId: 'arn', ClientRequestToken: 'v2' }, ports);
  await new Promise(setImmediate);
  clock.advance(60_000);
  await new Promise(setImmediate);
  expect(registered).toEqual([]);

  clock.advance(5_000);
  await telling;
  expect(registered).toEqual(['new-1']);
});

test('a secret that waited for half the overlap is not set: too little of it would be left', async () => {
  const { step, clock, registered } = rotation();
  await step('createSecret');
  clock.advance(12 * HOUR + 1);

  await expect(step('setSecret')).rejects.toThrow('older than half the overlap');
  expect(registered).toEqual([]);
});

test('a secret that the verifier does not take never becomes current', async () => {
  const { step, values, refuse } = rotation();
  await step('createSecret');
  await step('setSecret');
  refuse('version-not-held');

  await expect(step('testSecret')).rejects.toThrow('does not take the pending secret: version-not-held.');
  expect(values()).toEqual({ AWSCURRENT: 'old', AWSPENDING: 'new-1' });
});

test('a rotation that was cancelled does nothing more', async () => {
  const { step, store, registered } = rotation();
  await step('createSecret');
  store.begin('shop', 'of another rotation', 0, 'v3');

  await expect(step('setSecret')).rejects.toThrow('it was cancelled');
  expect(registered).toEqual([]);
});

test('a step before its value was made says so', async () => {
  const { step } = rotation();
  await expect(step('setSecret')).rejects.toThrow('createSecret has not been run');
});
