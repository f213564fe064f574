import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { call } from '../../cli/http.ts';

let server: Server;
let url: string;
let seen: { headers: readonly string[]; body: Buffer };

beforeAll(async () => {
  server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      seen = { headers: request.rawHeaders, body };
      response.writeHead(202, { 'x-answer': 'yes' }).end('taken');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/a`;
});

afterAll(() => new Promise((resolve) => server.close(resolve)));

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test('sends these bytes and these headers, repeated ones repeated, and reads the answer', async () => {
  const body = Buffer.from([0x00, 0xff, 0x0d, 0x0a]);
  const answer = await call({ method: 'POST', url, headers: { 'X-Signature': ['a', 'b'] }, body });
  expect(answer).toMatchObject({ status: 202, headers: { 'x-answer': 'yes' }, body: Buffer.from('taken') });
  expect(seen.body).toEqual(body);
  expect(seen.headers).toEqual([
    'content-length',
    '4',
    'X-Signature',
    'a',
    'X-Signature',
    'b',
    'Host',
    new URL(url).host,
    'Connection',
    'close',
  ]);
});

test('says in one sentence that nobody listens there', async () => {
  const request = { method: 'POST', url: 'http://127.0.0.1:1/', headers: {}, body: Buffer.alloc(0) };
  await expect(call(request)).rejects.toThrow('No answer from http://127.0.0.1:1 (ECONNREFUSED).');
  await expect(call(request, 'It is off.')).rejects.toThrow('It is off.');
});

test('a header that HTTP can not carry is a sentence too', async () => {
  const request = { method: 'POST', url, headers: { 'x-a': 'b\nc' }, body: Buffer.alloc(0) };
  await expect(call(request)).rejects.toThrow(
    'HTTP can\'t carry this request: Invalid character in header content ["x-a"].',
  );
});

test('only HTTP is called', async () => {
  const request = { method: 'POST', url: 'file:///etc/passwd', headers: {}, body: Buffer.alloc(0) };
  await expect(async () => call(request)).rejects.toThrow('file:///etc/passwd is no URL of HTTP');
});
