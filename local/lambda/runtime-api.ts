import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { listen, type RunningService } from '../aws/json-server.ts';

/** What a sandbox hears from its runtime, one call per request of the Runtime API. */
export interface RuntimeListener {
  /** The runtime wants work: keep the response and answer it when there is some. */
  next(response: ServerResponse): void;
  answered(requestId: string, payload: Buffer): void;
  failed(requestId: string, error: RuntimeError): void;
  initFailed(error: RuntimeError): void;
}

export interface RuntimeError {
  readonly errorType: string;
  readonly errorMessage: string;
}

/** Larger answers are refused by Lambda. */
const MAX_RESPONSE_BYTES = 6 * 1024 * 1024;

/**
 * The Runtime API of one sandbox: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 * The addon's calls have no name in them, so every sandbox has a port of its own.
 */
export async function serveRuntimeApi(
  listener: RuntimeListener,
): Promise<RunningService & { readonly address: string }> {
  const server = createServer((request, response) => {
    response.on('error', () => undefined);
    route(listener, request, response).catch(() => response.destroy());
  });
  const service = await listen(server);
  return { ...service, address: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function route(listener: RuntimeListener, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, , runtime, kind, id, verb] = (request.url ?? '').split('/');
  if (runtime !== 'runtime') return void response.writeHead(404).end();
  if (kind === 'invocation' && id === 'next') return listener.next(response);

  const body = await read(request);
  if (kind === 'init') listener.initFailed(toError(body));
  else if (verb === 'response' && body.length > MAX_RESPONSE_BYTES) {
    listener.failed(decodeURIComponent(id ?? ''), {
      errorType: 'Function.ResponseSizeTooLarge',
      errorMessage: `Response payload size exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`,
    });
  } else if (verb === 'response') listener.answered(decodeURIComponent(id ?? ''), body);
  else listener.failed(decodeURIComponent(id ?? ''), toError(body));
  response.writeHead(202, { 'content-length': 0 }).end();
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function toError(body: Buffer): RuntimeError {
  try {
    const { errorType, errorMessage } = JSON.parse(body.toString()) as Partial<RuntimeError>;
    return { errorType: errorType ?? 'Error', errorMessage: errorMessage ?? '' };
  } catch {
    return { errorType: 'Error', errorMessage: body.toString() };
  }
}
