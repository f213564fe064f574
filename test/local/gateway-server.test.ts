import { connect } from 'node:net';
import { type GatewayServer, startGateway } from '../../local/gateway/server.ts';

let gateway: GatewayServer;
let impatient: GatewayServer;
const answered: string[] = [];

/** How long it waits is for those who never end; on a busy machine others may be as slow as that. */
async function start(headersMs: number, requestMs: number): Promise<GatewayServer> {
  const server = await startGateway({
    port: 0,
    onAnswer: ({ status, path }) => answered.push(`${status} ${path}`),
    limits: { headersMs, requestMs, headerBytes: 1024, checkEveryMs: 20 },
  });
  server.open(async (_incoming, readBody) => {
    const body = await readBody(100);
    return { status: body ? 200 : 413, headers: {}, body: Buffer.from(body ?? 'too large') };
  });
  return server;
}

beforeAll(async () => {
  gateway = await start(60_000, 60_000);
  impatient = await start(150, 300);
});
afterAll(async () => {
  await gateway.close(0);
  await impatient.close(0);
});

/** Everything that the server says to some bytes until it hangs up. */
function said(bytes: string, by = gateway): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(Number(new URL(by.url).port), '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
  });
}

test('a client that never ends its headers is hung up on', async () => {
  expect(await said('POST /webhooks/acme HTTP/1.1\r\nhost: a\r\nx-slow: ', impatient)).toMatch(
    /^HTTP\/1.1 408 Request Timeout\r\n/,
  );
});

test('a client that never ends its body is hung up on', async () => {
  const head = 'POST /webhooks/acme HTTP/1.1\r\nhost: a\r\ncontent-length: 50\r\n\r\n';
  expect(await said(`${head}{"a"`, impatient)).toMatch(/^HTTP\/1.1 408 Request Timeout\r\n/);
});

test('headers that are too large are refused', async () => {
  const headers = `host: a\r\nx-large: ${'a'.repeat(2000)}\r\n`;
  expect(await said(`POST /webhooks/acme HTTP/1.1\r\n${headers}\r\n`)).toMatch(/^HTTP\/1.1 431 /);
});

test.each([
  ['is no HTTP', 'hello\r\n\r\n'],
  ['has no host', 'POST / HTTP/1.1\r\n\r\n'],
  ['says its length twice', 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
  [
    'has a length and chunks',
    'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
])('a request that %s is refused', async (_, bytes) => {
  expect(await said(bytes)).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/);
});

test('a body over the limit is not read to its end', async () => {
  const head = 'POST /webhooks/acme HTTP/1.1\r\nhost: a\r\ncontent-length: 999999999\r\n\r\n';
  expect(await said(head)).toMatch(/^HTTP\/1.1 413 Payload Too Large\r\n[^]*connection: close\r\n/i);
});

test('the next client is served as ever, and only requests are told', async () => {
  answered.length = 0;
  expect((await fetch(`${gateway.url}/webhooks/acme`, { method: 'POST', body: '{}' })).status).toBe(200);
  expect(answered).toEqual(['200 /webhooks/acme']);
});

test('before it is opened the server says when to come back', async () => {
  const starting = await startGateway({ port: 0, onAnswer: () => undefined });
  const { status, headers } = await fetch(`${starting.url}/webhooks/acme`, { method: 'POST' });
  const ready = await fetch(`${starting.url}/healthz`);
  await starting.close(0);
  expect([status, headers.get('retry-after'), ready.status]).toEqual([503, '5', 503]);
});
