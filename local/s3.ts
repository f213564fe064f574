import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { listen, type RunningService } from './aws/json-server.ts';
import type { Guard } from './iam/guard.ts';
import { s3Needs } from './iam/needs/s3.ts';
import { buildS3, newObjectStore, newQueueStore, type ObjectStore, type Persistence } from './sqs/fauxqs.ts';

/** S3 on this machine: fauxqs's, addressed by path, on a port of its own, behind the guard. */
export async function startS3(persistence: Persistence, guard: Guard): Promise<RunningService> {
  const store = await newObjectStore();
  persistence.loadS3(store);
  store.persistence = persistence;
  const application = await buildS3(store, await newQueueStore());
  await application.ready();
  const conditions = firstWrites(store);
  const [handle] = application.server.listeners('request') as RequestListener[];
  if (!handle) throw new Error('fauxqs has no listener for requests; is its version still 2.4.1?');
  return listen(
    createServer((request, response) => {
      const refusal = refusalOf(request, store, guard);
      const conflict = refusal === undefined ? conditions(request, response) : undefined;
      if (refusal !== undefined) refuse(request, response, { status: 403, code: 'AccessDenied', message: refusal });
      else if (conflict) refuse(request, response, conflict);
      else void handle(request, response);
    }),
  );
}

function refusalOf(request: IncomingMessage, store: ObjectStore, guard: Guard): string | undefined {
  const caller = guard.callerOf(request.headers);
  if (!caller) return undefined;
  const { method = '', url = '/', headers } = request;
  const { bucket, key, searchParams } = objectOf(url);
  const copySource = headers['x-amz-copy-source'];
  const needs = s3Needs(
    {
      method,
      bucket,
      key,
      query: searchParams,
      exists: store.buckets.get(bucket)?.has(key) ?? false,
      copySource: copySource === undefined ? undefined : String(copySource),
    },
    guard,
  );
  if (needs) return guard.refusal(caller, needs);
  return `The local host can't tell which permission ${method} ${url} needs: add it to local/iam/needs/s3.ts.`;
}

function objectOf(url: string): { bucket: string; key: string; searchParams: URLSearchParams } {
  const { pathname, searchParams } = new URL(url, 'http://s3');
  const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(decodeURIComponent(pathname)) ?? [];
  return { bucket, key, searchParams };
}

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/**
 * `PutObject` with `If-None-Match: *`, which fauxqs does not know: refused where there is an object, and while another is
 * written there. https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
function firstWrites(store: ObjectStore): (request: IncomingMessage, response: ServerResponse) => Refusal | undefined {
  const open = new Set<string>();
  return ({ method, url = '/', headers }, response) => {
    if (method !== 'PUT' || headers['if-none-match'] !== '*') return undefined;
    const { bucket, key } = objectOf(url);
    if (store.buckets.get(bucket)?.has(key)) {
      const message = 'At least one of the pre-conditions you specified did not hold';
      return { status: 412, code: 'PreconditionFailed', message };
    }
    const name = `${bucket}/${key}`;
    if (open.has(name)) {
      const message = 'A conflicting conditional operation is currently in progress against this resource.';
      return { status: 409, code: 'ConditionalRequestConflict', message };
    }
    open.add(name);
    response.once('close', () => open.delete(name));
    return undefined;
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#RESTErrorResponses */
function refuse(request: IncomingMessage, response: ServerResponse, { status, code, message }: Refusal): void {
  // What is sent along is read and dropped, or the connection would be of no use to the next request.
  request.resume();
  const escaped = message.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${escaped}</Message></Error>`;
  response.writeHead(status, { 'content-type': 'application/xml' }).end(body);
}
