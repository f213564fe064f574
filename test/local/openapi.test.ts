import { request } from 'node:http';
import * as z from 'zod';
import { sign } from '../kill/events.ts';
import { removeData, temporaryData } from '../support/host.ts';
import { Gateway } from '../support/trial/gateway.ts';
import { eventually } from './services.ts';

interface Operation {
  readonly operationId: string;
  readonly parameters: readonly { readonly name: string; readonly in: 'path' | 'query'; readonly schema: object }[];
  readonly requestBody?: {
    readonly required: boolean;
    readonly content: Readonly<Record<string, { readonly schema: object }>>;
  };
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, { schema: object }>> }>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

interface Asked {
  readonly status: number;
  readonly type: string;
  readonly body: unknown;
}

let data: string;
let gateway: Gateway;
let document: Document;

beforeAll(async () => {
  data = temporaryData();
  gateway = await Gateway.start(data, 'inbox');
  document = (await ask('GET', '/openapi.json')).body as Document;
});

afterAll(async () => {
  await gateway?.stop();
  removeData(data);
});

function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Asked> {
  return new Promise((done, fail) => {
    const outgoing = request(`${gateway.host.url}/admin${path}`, { method, headers, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const type = String(answer.headers['content-type'] ?? '');
        const json = type.includes('json') && text !== '' ? (JSON.parse(text) as unknown) : text;
        done({ status: answer.statusCode ?? 0, type, body: json });
      });
    });
    outgoing.on('error', fail);
    outgoing.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  });
}

/** The schema with what it refers to in the place of the reference. */
function whole(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(whole);
  if (typeof schema !== 'object' || schema === null) return schema;
  if ('$ref' in schema) return whole(document.components.schemas[String(schema.$ref).split('/').at(-1) ?? '']);
  return Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, whole(value)]));
}

/** Holds an answer to what the document says of its status. */
function expectDescribed({ operationId, responses }: Operation, { status, type, body }: Asked): void {
  const described = responses[status];
  if (!described) throw new Error(`${operationId} answered ${status}, which its description has not`);
  const [[expected, { schema }] = ['', { schema: {} }]] = Object.entries(described.content);
  expect({ operationId, status, type }).toEqual({ operationId, status, type: expected });
  const result = z.fromJSONSchema(whole(schema) as Parameters<typeof z.fromJSONSchema>[0]).safeParse(body);
  if (!result.success) throw new Error(`${operationId} ${status}: ${result.error.message}\n${JSON.stringify(body)}`);
}

function operations(): readonly (readonly [method: string, path: string, operation: Operation])[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [method.toUpperCase(), path, operation] as const),
  );
}

/** What a request that should work is made of; the event is one that was sent. */
const VALUES: Readonly<Record<string, string>> = {
  source: 'inkress',
  id: 'evt/of the test',
  route: 'effect',
  action: 'pause',
  queue: 'parked',
};
const BODIES: Readonly<Record<string, unknown>> = {
  replayEvent: { force: true, reason: 'a test' },
  switchRoute: { reason: 'a test' },
  redrive: { from: 'parked', perSecond: 5, reason: 'a test' },
  park: { reason: 'a test' },
  applyAllowlist: { digest: '0123456789abcdef' },
  releaseInbox: { dryRun: true, reason: 'a test' },
};
/** Where another value belongs than in the others. */
const OTHER_VALUES: Readonly<Record<string, () => Promise<Readonly<Record<string, string>>>>> = {
  explainInbox: async () => ({ id: await keptId() }),
};
/** What is waited for before anything else is asked: a route that is paused meanwhile would keep it. */
const AFTERWARDS: Readonly<Record<string, () => Promise<unknown>>> = {
  replayEvent: () => untilEvent({ status: 'DONE', epoch: 1 }),
};
/** The local stage lets every address in, so no source of it follows published ones. */
const STATUS: Readonly<Record<string, number>> = { showAllowlist: 404, applyAllowlist: 404 };

function filled(path: string, values: Readonly<Record<string, string>> = {}): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent({ ...VALUES, ...values }[name] ?? ''));
}

/** Of a delivery that was refused and kept: one that takes too long to keep is not, and the next minute's is. */
async function keptId(): Promise<string> {
  const secrets = { scalekit: '', inkress: await gateway.secret('inkress'), skribby: '' };
  let asked = 0;
  return eventually(async () => {
    if (asked++ % 100 === 0) {
      const forged = sign({ source: 'inkress', name: 'forged', forged: true, answers: [] }, secrets, Date.now());
      const answer = await fetch(`${gateway.host.url}${forged.path}`, { ...forged, method: 'POST' });
      expect(answer.status).toBe(401);
    }
    const { body } = await ask('GET', '/inbox/inkress');
    return (body as { entries: { id: string }[] }).entries[0]?.id;
  }, 150);
}

/** Waits until the event of this test is as wished. */
function untilEvent(wished: Readonly<Record<string, unknown>>): Promise<unknown> {
  return eventually(async () => {
    const event = (await ask('GET', filled('/events/{source}/{id}'))).body as Record<string, unknown>;
    return Object.entries(wished).every(([name, value]) => event[name] === value) || undefined;
  }, 150);
}

test('every operation answers as it is described', async () => {
  const { url } = gateway.host;
  const secrets = { scalekit: '', inkress: await gateway.secret('inkress'), skribby: '' };
  const signed = sign({ source: 'inkress', name: VALUES.id ?? '', forged: false, answers: [] }, secrets, Date.now());
  expect((await fetch(`${url}${signed.path}`, { ...signed, method: 'POST' })).ok).toBe(true);
  await untilEvent({ status: 'DONE' });
  await keptId();

  // A move is there to be looked at once it was made.
  const order = (id: string) => (id === 'showMove' ? 1 : 0);
  const all = [...operations()].sort(([, , a], [, , b]) => order(a.operationId) - order(b.operationId));
  const statuses: Record<string, number> = {};
  for (const [method, path, operation] of all) {
    const values = await OTHER_VALUES[operation.operationId]?.();
    const answer = await ask(method, filled(path, values), BODIES[operation.operationId]);
    expectDescribed(operation, answer);
    statuses[operation.operationId] = answer.status;
    await AFTERWARDS[operation.operationId]?.();
  }
  const expected = all.map(([, , { operationId: id }]) => [id, STATUS[id] ?? 200]);
  expect(statuses).toEqual(Object.fromEntries(expected));
  await ask('POST', '/routes/inkress/effect/resume', {});
});

test('the history of an event has its delivery and its attempt, in their order', async () => {
  const happened = await eventually(async () => {
    const { body } = await ask('GET', filled('/history/{source}/{id}'));
    const { entries } = body as { entries: { what: string; outcome: string; attempt: number | null }[] };
    // The replay of the test before is in it too, once its own attempt has ended.
    return entries.filter(({ outcome }) => outcome === 'done').length === 2 ? entries : undefined;
  }, 60);

  expect(happened.map(({ what, outcome, attempt }) => [what, outcome, attempt])).toEqual([
    ['delivery', 'accepted', null],
    ['attempt', 'done', 1],
    ['replay', 'restarted', null],
    ['attempt', 'done', 1],
  ]);
});

test('every filter of the list of events is one it takes', async () => {
  const [, , list] = operations().find(([, , { operationId }]) => operationId === 'listEvents') ?? [];
  if (!list) throw new Error('no listEvents');
  const values: Record<string, string> = {
    source: 'inkress',
    status: 'DONE',
    type: 'trial.happened',
    text: 'evt/of',
    from: '2026-01-01T00:00:00Z',
    to: '2099-01-01T00:00:00Z',
    limit: '1',
  };
  expect(list.parameters.map(({ name }) => name)).toEqual([...Object.keys(values), 'next']);
  const first = await ask('GET', `/events?${new URLSearchParams(values).toString()}`);
  expectDescribed(list, first);
  expect(first.body).toMatchObject({ events: [{ eventId: VALUES.id, status: 'DONE', waitsFor: null }] });
});

test('the document says where its paths begin, and which bodies must be there', () => {
  const { servers } = document as unknown as { servers: readonly { url: string }[] };
  const at = 'https://abc.execute-api.eu-west-1.amazonaws.com/prod/admin/openapi.json';
  expect(new URL(servers[0]?.url ?? '', at).href).toBe('https://abc.execute-api.eu-west-1.amazonaws.com/prod/admin');
  const required = operations().flatMap(([, , { operationId, requestBody }]) =>
    requestBody?.required === true ? [operationId] : [],
  );
  expect(required).toEqual(['applyAllowlist']);
});

test('what is not in the document is not there', async () => {
  for (const path of ['/', '/secrets', '/routes/inkress', '/queues/inkress/effect', '/openapi', '/admin/events']) {
    expect((await ask('GET', path)).status).toBeGreaterThanOrEqual(403);
  }
  for (const [method, path, operation] of operations()) {
    for (const other of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      if (document.paths[path]?.[other.toLowerCase()]) continue;
      // An id may be of any words, so the path of a replay or a release is that of an event or an entry, too.
      if (['replayEvent', 'releaseInbox'].includes(operation.operationId) && other === 'GET') continue;
      const answer = await ask(other, filled(path));
      expect({ method, path, other, status: answer.status }).toEqual({ method, path, other, status: 405 });
      expect(answer.type).toBe('application/problem+json');
    }
  }
});

test('hostile values of every parameter and property are refused with the name of the field', async () => {
  const hostile = ['', '\u0000', "' OR 1=1 --", '../../etc/passwd', '{"$gt":""}', '\u202Egnp', 'x'.repeat(3_000), '-1'];
  for (const [method, path, operation] of operations()) {
    const body = BODIES[operation.operationId];
    for (const { name, schema } of operation.parameters.filter((parameter) => parameter.in === 'query')) {
      for (const value of hostile) {
        if (z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).safeParse(value).success) continue;
        const answer = await ask(method, `${filled(path)}?${name}=${encodeURIComponent(value)}`, body);
        expect({ path, name, value, ...answer }).toMatchObject({ status: 400, body: { field: name } });
        expectDescribed(operation, answer);
      }
    }
    const unknown = await ask(method, `${filled(path)}?nobody=1`, body);
    expect(unknown).toMatchObject({ status: 400, body: { field: 'nobody' } });
    if (!operation.requestBody) continue;
    for (const wrong of ['{', '[]', '"x"', '{"nobody":1}']) {
      const answer = await ask(method, filled(path), wrong);
      expect(answer).toMatchObject({ status: 400, body: { field: wrong.includes('nobody') ? 'nobody' : 'body' } });
      expectDescribed(operation, answer);
    }
    const huge = await ask(method, filled(path), `{"reason":"${'x'.repeat(20_000)}"}`);
    expect(huge).toMatchObject({ status: 413, body: { field: 'body' } });
    expectDescribed(operation, huge);
  }
});

test('what a web page of another site makes a browser send is refused', async () => {
  const { host } = new URL(gateway.host.url);
  const [, , operation] = operations().find(([, , { operationId }]) => operationId === 'listRoutes') ?? [];
  if (!operation) throw new Error('no listRoutes');
  const statusOf = async (headers: Record<string, string>) => {
    const answer = await ask('GET', '/routes', undefined, headers);
    expectDescribed(operation, answer);
    return answer.status;
  };

  expect(await statusOf({})).toBe(200);
  expect(await statusOf({ 'sec-fetch-site': 'none' })).toBe(200);
  expect(await statusOf({ 'sec-fetch-site': 'same-origin', origin: `http://${host}` })).toBe(200);
  for (const site of ['cross-site', 'same-site']) expect(await statusOf({ 'sec-fetch-site': site })).toBe(403);
  for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1:1'])
    expect(await statusOf({ origin })).toBe(403);
  expect(await statusOf({ host: 'rebound.example' })).toBe(403);
  expect((await ask('GET', '/routes', undefined, { host: 'rebound.example' })).body).toEqual({
    type: 'about:blank',
    status: 403,
    detail: 'Not allowed.',
    error: 'forbidden',
  });
});
