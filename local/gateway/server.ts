import { randomUUID } from 'node:crypto';
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import { normalise } from '../waf/addresses.ts';
import type { Answered } from './access-log.ts';
import type { Answer } from './answer.ts';
import type { Incoming, ReadBody } from './api.ts';

export type Api = (incoming: Incoming, readBody: ReadBody) => Promise<Answer>;

export interface GatewayServer {
  readonly url: string;
  /** From now on requests go to this API; before, they are told to come back. */
  readonly open: (api: Api) => void;
  /** Stops listening, lets what runs finish, and closes what stays open after `graceMs`. */
  readonly close: (graceMs: number) => Promise<void>;
}

export interface GatewayServerOptions {
  readonly port: number;
  readonly onAnswer: (answered: Answered) => void;
  /** @default LIMITS */
  readonly limits?: Limits;
}

/** What a client may make the server wait for, and keep. */
export interface Limits {
  /** For all headers of a request. */
  readonly headersMs: number;
  /** For a whole request. */
  readonly requestMs: number;
  readonly headerBytes: number;
  /** How often waiting requests are looked at. */
  readonly checkEveryMs: number;
}

/** Enough for a slow link, too little for a client that sends a byte now and then to hold a connection. */
const LIMITS: Limits = {
  headersMs: 10_000,
  requestMs: 60_000,
  // API Gateway takes 10,240 bytes of header values; Node counts names as well.
  headerBytes: 16 * 1024,
  checkEveryMs: 1000,
};
/** By Node's word for what went wrong before there was a request. */
const CLIENT_ERRORS: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
};
const NOT_READY: Answer = {
  status: 503,
  headers: { 'retry-after': '5', 'content-type': 'application/json' },
  body: Buffer.from('{"error":"starting"}'),
};

/** The HTTP server before the API. It listens at once, so that a port in use is known before anything is started. */
export async function startGateway({ port, onAnswer, limits = LIMITS }: GatewayServerOptions): Promise<GatewayServer> {
  let api: Api | undefined;
  const server = createServer(
    {
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      maxHeaderSize: limits.headerBytes,
      connectionsCheckingInterval: limits.checkEveryMs,
    },
    (request, response) => {
      if (request.url === '/healthz') return send(response, health(api !== undefined));
      void serve(api, request, response, onAnswer);
    },
  );
  server.on('clientError', ({ code }: NodeJS.ErrnoException, socket) => {
    const status = CLIENT_ERRORS[code ?? ''] ?? '400 Bad Request';
    if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
    else socket.destroy();
  });
  await listenOn(server, port);
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : port}`,
    open: (next) => (api = next),
    close: (graceMs) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => server.closeAllConnections(), graceMs);
        server.close(() => {
          clearTimeout(timer);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

function listenOn(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
}

async function serve(
  api: Api | undefined,
  request: IncomingMessage,
  response: ServerResponse,
  onAnswer: (answered: Answered) => void,
): Promise<void> {
  const start = performance.now();
  const sourceIp = normalise(request.socket.remoteAddress ?? '');
  const requestId = randomUUID();
  let answer = NOT_READY;
  try {
    if (api) answer = await api({ request, sourceIp, requestId }, (limit) => readBody(request, limit));
  } catch (error) {
    // A client that goes away in the middle of its body gets no answer; anything else is a defect of this host.
    if (request.destroyed && !request.complete) return;
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    answer = { status: 500, headers: {}, body: Buffer.from('{"message":"Internal server error"}') };
  }
  // Without this an unread body would keep the connection busy.
  const unread = !request.complete;
  send(response, answer, { 'x-amzn-requestid': requestId, ...(unread && { connection: 'close' }) });
  if (unread) request.resume();
  const errorType = answer.headers['x-amzn-errortype'];
  onAnswer({
    requestId,
    blocked: answer.blocked === true,
    ...(typeof errorType === 'string' && { errorType }),
    method: request.method ?? '',
    path: request.url ?? '',
    status: answer.status,
    ms: performance.now() - start,
    sourceIp,
  });
}

function send(response: ServerResponse, answer: Answer, more: Record<string, string> = {}): void {
  try {
    const headers: OutgoingHttpHeaders = { ...more, 'content-length': answer.body.length };
    for (const [name, value] of Object.entries(answer.headers))
      headers[name] = typeof value === 'string' ? value : [...value];
    response.writeHead(answer.status, headers);
    response.end(answer.body);
  } catch {
    // A function's header that HTTP does not allow.
    if (!response.headersSent) response.writeHead(502, { 'content-length': 0 });
    response.end();
  }
}

async function readBody(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > limit) return undefined;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > limit) {
        request.removeAllListeners('data');
        resolve(undefined);
      } else chunks.push(chunk);
    });
    request.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    request.on('error', reject);
    request.on('close', () => reject(new Error('The client went away.')));
  });
}

function health(ready: boolean): Answer {
  return ready ? { status: 200, headers: {}, body: Buffer.from('ok\n') } : NOT_READY;
}
