import { request } from 'node:http';
import { DynamoDBClient, ListTablesCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { removeData, type RunningHost, startTestHost, temporaryData, until } from '../support/host.ts';
import {
  credentials,
  paymentSucceeded,
  secretOf,
  send,
  signedByScalekit,
  statusUpdate,
  userCreated,
} from '../support/provider.ts';

interface EventView {
  readonly eventId: string;
  readonly status: string;
  readonly attempt: number;
}

let data: string;
let host: RunningHost;

beforeAll(async () => {
  data = temporaryData();
  host = await startTestHost(data);
});

afterAll(async () => {
  await host?.stop();
  removeData(data);
});

async function eventOf(source: string, id: string): Promise<EventView | undefined> {
  const answer = await fetch(`${host.url}/admin/events/${source}/${encodeURIComponent(id)}`);
  return answer.status === 200 ? ((await answer.json()) as EventView) : undefined;
}

async function untilDone(source: string, id: string): Promise<void> {
  let last: EventView | undefined;
  await until(
    async () => (last = await eventOf(source, id))?.status === 'DONE',
    () => `${source} ${id} is ${JSON.stringify(last)}\n${host.output().slice(-2000)}`,
  );
}

/** The items of one of the team's own tables. */
async function itemsOf(table: string): Promise<Record<string, { S?: string; N?: string }>[]> {
  const { endpoints, region } = host;
  const client = new DynamoDBClient({ endpoint: endpoints.dynamodb, region, credentials });
  try {
    const { TableNames = [] } = await client.send(new ListTablesCommand({}));
    const name = TableNames.find((known) => known.toLowerCase().includes(table));
    if (name === undefined) throw new Error(`No table is named like ${table}: ${TableNames.join(', ')}`);
    return (await client.send(new ScanCommand({ TableName: name }))).Items ?? [];
  } finally {
    client.destroy();
  }
}

test('a webhook of each provider reaches its processor and its table', async () => {
  const scalekit = await send(host, userCreated(await secretOf(host, 'scalekit'), 'evt_user'));
  const inkress = await send(host, paymentSucceeded(await secretOf(host, 'inkress'), 'evt_payment'));
  const update = statusUpdate(await secretOf(host, 'skribby'), 'bot_1');
  const skribby = await send(host, update);

  expect([scalekit.status, inkress.status, skribby.status]).toEqual([201, 200, 200]);
  await untilDone('scalekit', 'evt_user');
  await untilDone('inkress', 'evt_payment');
  await untilDone('skribby', update.headers['x-skribby-webhook-id'] ?? '');
  expect(await itemsOf('users')).toMatchObject([{ id: { S: 'user_evt_user' }, email: { S: 'ada@example.com' } }]);
  expect(await itemsOf('orders')).toMatchObject([{ id: { S: 'order_evt_payment' }, status: { S: 'paid' } }]);
  expect(await itemsOf('meetings')).toMatchObject([{ id: { S: 'bot_1' }, status: { S: 'joining' } }]);
});

test('the same delivery a hundred times at once has one effect, and every answer is 2xx', async () => {
  const secret = await secretOf(host, 'inkress');
  const delivery = paymentSucceeded(secret, 'evt_hundred');
  const answers = await Promise.all(Array.from({ length: 100 }, () => send(host, delivery)));
  await untilDone('inkress', 'evt_hundred');

  expect(answers.filter(({ ok }) => !ok)).toEqual([]);
  const orders = (await itemsOf('orders')).filter(({ id }) => id?.S === 'order_evt_hundred');
  expect(orders).toHaveLength(1);
  expect(await eventOf('inkress', 'evt_hundred')).toMatchObject({ status: 'DONE', attempt: 1 });
});

test('a payload that the schema refuses is parked with its reason', async () => {
  const secret = await secretOf(host, 'scalekit');
  const good = userCreated(secret, 'evt_poison');
  const poison = signedByScalekit(secret, 'evt_poison', good.body.replace('ada@example.com', 'not a mail'));
  expect((await send(host, poison)).status).toBe(201);
  await until(async () => (await eventOf('scalekit', 'evt_poison'))?.status === 'PARKED', host.output);

  expect(await eventOf('scalekit', 'evt_poison')).toMatchObject({
    attempt: 1,
    lastError: 'invalid-payload: data.email: Invalid email address',
  });
});

test('an address that is not on the list is refused at the edge, whatever it says of itself', async () => {
  const { path, headers, body } = userCreated(await secretOf(host, 'scalekit'), 'evt_stranger');
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const sent = request(
      `${host.url}${path}`,
      { method: 'POST', localAddress: '127.0.0.2', headers: { ...headers, 'x-forwarded-for': '127.0.0.1' } },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      },
    );
    sent.on('error', reject).end(body);
  });

  expect(status).toBe(403);
});

test('bad requests get the answer of the table and leave no trace', async () => {
  const secret = await secretOf(host, 'scalekit');
  const good = userCreated(secret, 'evt_bad');
  const status = async (init: RequestInit, path = good.path) =>
    (await fetch(`${host.url}${path}`, { method: 'POST', headers: good.headers, body: good.body, ...init })).status;

  expect({
    unknownSource: await status({}, '/webhooks/nobody'),
    wrongMethod: await status({ method: 'PUT' }),
    noSignature: await status({ headers: {} }),
    changedBody: await status({ body: `${good.body} ` }),
    nanTimestamp: await status({ headers: { ...good.headers, 'webhook-timestamp': 'NaN' } }),
    oddBase64: await status({ headers: { ...good.headers, 'webhook-signature': 'v1,abc' } }),
    compressed: await status({ headers: { ...good.headers, 'content-encoding': 'gzip' } }),
    oneByteTooLarge: await status({ body: Buffer.alloc(1024 * 1024 + 1) }),
    notJson: (await send(host, signedByScalekit(secret, 'evt_bad', 'not json'))).status,
  }).toEqual({
    unknownSource: 404,
    wrongMethod: 405,
    noSignature: 401,
    changedBody: 401,
    nanTimestamp: 401,
    oddBase64: 401,
    compressed: 415,
    oneByteTooLarge: 413,
    notJson: 400,
  });
  expect(await eventOf('scalekit', 'evt_bad')).toBeUndefined();
});

test('a body of a megabyte goes through, by an object where it does not fit a row', async () => {
  const secret = await secretOf(host, 'scalekit');
  const pad = Array.from({ length: 24_000 }, () => Math.random().toString(36))
    .join('')
    .slice(0, 240_000);
  const large = JSON.parse(userCreated(secret, 'evt_large').body) as Record<string, unknown>;
  const delivery = signedByScalekit(
    secret,
    'evt_large',
    JSON.stringify({ ...large, pad: [pad, pad.split('').reverse().join('')] }),
  );
  expect(Buffer.byteLength(delivery.body)).toBeGreaterThan(400_000);

  expect((await send(host, delivery)).status).toBe(201);
  await untilDone('scalekit', 'evt_large');
});

test('what was acknowledged before a SIGKILL is done after the next start, each once', async () => {
  const secret = await secretOf(host, 'inkress');
  const acknowledged = new Set<string>();
  let next = 0;
  let killed = false;
  const sender = async () => {
    while (!killed) {
      const id = `evt_kill_${next++}`;
      const answer = await send(host, paymentSucceeded(secret, id)).catch(() => undefined);
      if (answer?.ok) acknowledged.add(id);
    }
  };
  const senders = Array.from({ length: 8 }, sender);
  await until(
    () => acknowledged.size >= 150,
    () => `${acknowledged.size} acknowledged`,
  );
  await host.kill();
  killed = true;
  await Promise.all(senders);

  host = await startTestHost(data);
  for (const id of acknowledged) await untilDone('inkress', id);
  const orders = (await itemsOf('orders')).map(({ id }) => id?.S ?? '');
  expect([...acknowledged].filter((id) => !orders.includes(`order_${id}`))).toEqual([]);
});
