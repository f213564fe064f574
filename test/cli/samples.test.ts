import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { bareEvent } from '../../cli/bare-event.ts';
import { readField, sampleEvent, sampleTypes, withId } from '../../cli/samples.ts';
import type { Processor } from '../../lambdas/core/processor.ts';
import { providers } from '../../lambdas/providers/index.ts';

const NOW = new Date('2026-01-02T03:04:05.678Z');
const folder = join(__dirname, '../../examples/events');
const samples = readdirSync(folder).flatMap((provider) =>
  sampleTypes(provider).map((type) => [provider, type] as const),
);

test.each(samples)('the sample %s %s has the id and type that it is sent with', (name, type) => {
  const provider = providers.get(name);
  const body = sampleEvent(name, type, 'evt_1', NOW);
  if (!provider || !body) throw new Error('There is no such provider or sample.');
  if (provider.type.some((part) => typeof part === 'object' && part.slot === 'json')) {
    expect(readField(provider.type, body)).toBe(type);
  }
  if (provider.id.some((part) => typeof part === 'object' && part.slot === 'json')) {
    expect(readField(provider.id, body)).toBe('evt_1');
  }
  expect(body.toString()).not.toContain('{{');
});

test.each([
  ['scalekit', 'organization.directory.user_created', 'scalekit/user-created'],
  ['scalekit', 'organization.directory.user_updated', 'scalekit/user-updated'],
  ['inkress', 'payment.success', 'inkress/payment-success'],
  ['inkress', 'payment.failed', 'inkress/payment-failed'],
  ['inkress', 'payout.completed', 'inkress/payout-completed'],
  ['skribby', 'status_update', 'skribby/status-update'],
])('the sample %s %s is what its processor takes', async (provider, type, file) => {
  const { default: processor } = (await import(`../../lambdas/processors/${file}.ts`)) as { default: Processor };
  const body = sampleEvent(provider, type, 'evt_1', NOW);
  const result = await processor.schema['~standard'].validate(JSON.parse(String(body)));
  expect(result.issues).toBeUndefined();
});

test('there is no sample of a type that names another file', () => {
  expect(sampleEvent('scalekit', '../inkress/payment.success', 'evt_1', NOW)).toBeUndefined();
});

test('another id changes nothing else of a body', () => {
  const provider = providers.get('scalekit');
  if (!provider) throw new Error('There is no scalekit.');
  expect(withId(provider, Buffer.from('{"type":"a","id":"1","data":{"id":"2"}}'), 'evt_2').toString()).toBe(
    '{"type":"a","id":"evt_2","data":{"id":"2"}}',
  );
});

test('a body that is no JSON is left as it is', () => {
  const provider = providers.get('scalekit');
  if (!provider) throw new Error('There is no scalekit.');
  expect(withId(provider, Buffer.from([0xff, 0xfe]), 'evt_2')).toEqual(Buffer.from([0xff, 0xfe]));
});

test('an event of a provider without samples has its id and type where the provider puts them', () => {
  const provider = providers.get('inkress');
  if (!provider) throw new Error('There is no inkress.');
  expect(JSON.parse(bareEvent(provider, 'refund.created', 'evt_3').toString())).toEqual({
    sample: true,
    id: 'evt_3',
    event_type: 'refund.created',
  });
});
