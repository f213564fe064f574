import { ajvSchema, type AjvValidate } from '../../../examples/processors/shop/ajv-schema.ts';
import { Circuit } from '../../../lambdas/core/processing/circuit.ts';
import { consume } from '../../../lambdas/core/processing/consume.ts';
import { processor, type Schema } from '../../../lambdas/core/processor.ts';
import { gatewayInMemory, NOON, scalekitDelivery } from '../../support/gateway-in-memory.ts';
import { MemoryBreakers } from '../../support/memory/breakers.ts';

interface Payload {
  readonly data: { readonly email: string };
}

/** As ajv compiles `{ properties: { data: { properties: { email: { format: 'email' } } } } }`: it keeps its errors itself. */
const compiled: AjvValidate<Payload> = (data): data is Payload => {
  const { email } = (data as Payload).data;
  const valid = email.includes('@');
  compiled.errors = valid ? null : [{ instancePath: '/data/email', message: 'must match format "email"' }];
  return valid;
};

/** As valibot and arktype have it: a vendor and a version too, and a path of objects. */
const standard: Schema<Payload> = {
  '~standard': Object.assign(
    {
      validate: (value: unknown) => {
        const payload = value as Payload;
        if (payload.data.email.includes('@')) return { value: payload };
        return { issues: [{ message: 'must match format "email"', path: [{ key: 'data' }, { key: 'email' }] }] };
      },
    },
    { version: 1, vendor: 'valibot' },
  ),
};

async function taken(schema: Schema<Payload>, email: string) {
  const { receive, store, queue, clock } = gatewayInMemory();
  const body = JSON.stringify({ type: 'organization.directory.user_created', data: { email } });
  await receive(scalekitDelivery({ body }));
  const seen: string[] = [];
  const outcome = await consume(
    processor({ on: '*', schema, handler: ({ payload }) => void seen.push(payload.data.email) }),
    {
      ...{ body: queue.sent[0]?.body ?? '', sentAt: NOON, hop: 'main', receives: 1, owner: 'me' },
      deadline: NOON + 30_000,
    },
    {
      ...{ store, clock, random: () => 0, log: { info: () => undefined, warn: () => undefined } },
      circuit: new Circuit({ route: 'scalekit/user-created', breakers: new MemoryBreakers(), clock }),
    },
  );
  return { outcome, seen };
}

test.each([
  ['ajv, by the adapter', ajvSchema(compiled)],
  ['a Standard Schema of another vendor', standard],
])('%s says what is wrong with a payload, and hands over one that is well', async (_, schema) => {
  expect(await taken(schema, 'ada@example.com')).toMatchObject({
    outcome: { outcome: 'done' },
    seen: ['ada@example.com'],
  });
  expect(await taken(schema, 'nobody at all')).toMatchObject({
    outcome: { outcome: 'parked', reason: 'invalid-payload: data.email: must match format "email"' },
    seen: [],
  });
});
