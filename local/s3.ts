import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { listen, type RunningService } from './aws/json-server.ts';
import { type Guard } from './iam/guard.ts';
import { s3Needs } from './iam/needs/s3.ts';
import { buildS3, newObjectStore, newQueueStore, type ObjectStore, type Persistence } from './sqs/fauxqs.ts';

/** S3 on this machine: fauxqs's, addressed by path, on a port of its own, behind the guard. */
export async function startS3(persistence: Persistence, guard: Guard): Promise<RunningService> {
  const store = await newObjectStore();
  persistence.loadS3(store);
  store.persistence = persistence;
  const application = await buildS3(store, await newQueueStore());
  await application.ready();
  const [handle] = application.server.listeners('request') as RequestListener[];
  if (!handle) throw new Error('fauxqs has no listener for requests; is its version still 2.4.1?');
  return listen(
    createServer((request, response) => {
      const refusal = refusalOf(request, store, guard);
      if (refusal === undefined) void handle(request, response);
      else refuse(request, response, refusal);
    }),
  );
}

function refusalOf(request: IncomingMessage, store: ObjectStore, guard: Guard): string | undefined {
  const caller = guard.callerOf(request.headers);
  if (!caller) return undefined;
  const { method = '', url = '/', headers } = request;
  const { pathname, searchParams } = new URL(url, 'http://s3');
  const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(decodeURIComponent(pathname)) ?? [];
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

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#RESTErrorResponses */
function refuse(request: IncomingMessage, response: ServerResponse, message: string): void {
  // What is sent along is read and dropped, or the connection would be of no use to the next request.
  request.resume();
  const escaped = message.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>${escaped}</Message></Error>`;
  response.writeHead(403, { 'content-type': 'application/xml' }).end(body);
}
