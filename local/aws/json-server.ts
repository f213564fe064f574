import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AwsError } from './error.ts';

export type Json = Record<string, unknown>;

/** One API action: takes the request's members, returns the answer's, throws `AwsError` to refuse. */
export type Action = (input: Json, headers: IncomingMessage['headers']) => unknown;

/** How one service speaks the AWS JSON protocol: https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html */
export interface JsonService {
  /** Media type of its answers: `application/x-amz-json-1.0` or `-1.1`. */
  readonly contentType: string;
  /** Put before an error's code in `__type`, such as `com.amazonaws.sqs#`. */
  readonly errorPrefix: string;
  /** Members that go with an error beside its type and message, by header name. SQS needs `x-amzn-query-error`. */
  readonly errorHeaders?: (error: AwsError) => Record<string, string>;
  /** Throws an `AwsError` when the caller may not. */
  readonly authorize?: (action: string, input: Json, headers: IncomingMessage['headers']) => void;
  readonly actions: ReadonlyMap<string, Action>;
}

export interface RunningService {
  /** `http://127.0.0.1:<port>`: what `AWS_ENDPOINT_URL_<SERVICE>` is set to. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** DynamoDB takes 16 MiB, the others less. */
const MAX_REQUEST_BYTES = 16 * 1024 * 1024;

/** Serves a JSON-protocol service on a free port of the loopback interface, for the SDK of this machine only. */
export async function serveJson(service: JsonService, port = 0): Promise<RunningService> {
  const server = createServer((request, response) => {
    readBody(request)
      .then((body) => answer(service, request, body))
      .then(
        (reply) => send(response, service.contentType, reply),
        (error: unknown) => send(response, service.contentType, failure(service, error)),
      )
      .catch(() => response.destroy());
  });
  return listen(server, port);
}

/** Starts a server whose connections stay open as long as a frozen function may keep them. */
export async function listen(server: Server, port = 0): Promise<RunningService> {
  server.keepAliveTimeout = 60 * 60 * 1000;
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Reply {
  readonly status: number;
  readonly body: string;
  readonly headers?: Record<string, string>;
}

async function answer(service: JsonService, request: IncomingMessage, body: Buffer): Promise<Reply> {
  const target = request.headers['x-amz-target'];
  const name = typeof target === 'string' ? target.slice(target.indexOf('.') + 1) : '';
  const action = service.actions.get(name);
  if (!action) throw new AwsError('UnknownOperationException', `The local service has no action "${name}".`);
  const input = parse(body);
  service.authorize?.(name, input, request.headers);
  return { status: 200, body: JSON.stringify((await action(input, request.headers)) ?? {}) };
}

function parse(body: Buffer): Json {
  try {
    const value: unknown = body.length === 0 ? {} : JSON.parse(body.toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  } catch {
    // Answered below like any other body that is not an object.
  }
  throw new AwsError('SerializationException', 'The request is not a JSON object.');
}

function failure(service: JsonService, error: unknown): Reply {
  const known =
    error instanceof AwsError
      ? error
      : new AwsError('InternalServerError', error instanceof Error ? error.message : String(error), { status: 500 });
  if (known !== error)
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  const type = `${service.errorPrefix}${known.code}`;
  return {
    status: known.status,
    body: JSON.stringify({ __type: type, message: known.message, ...known.detail }),
    ...(service.errorHeaders && { headers: service.errorHeaders(known) }),
  };
}

function send(response: ServerResponse, contentType: string, reply: Reply): void {
  response.writeHead(reply.status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(reply.body),
    'x-amzn-requestid': randomUUID(),
    ...reply.headers,
  });
  response.end(reply.body);
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_REQUEST_BYTES) throw new AwsError('RequestEntityTooLarge', 'Too large.', { status: 413 });
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
}
