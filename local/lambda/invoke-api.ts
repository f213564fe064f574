import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError } from '../aws/error.ts';
import type { Guard } from '../iam/guard.ts';
import type { Pool } from './pool.ts';

const PATH = /^\/2015-03-31\/functions\/([^/?]+)\/invocations$/;
/** Of a synchronous invocation. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MOST_BYTES = 6 * 1024 * 1024;

/** The functions that may be invoked, by name or ARN. */
export interface Invocable {
  /** @throws when there is none */
  readonly get: (nameOrArn: string) => Pick<Pool, 'invoke'> & { readonly lambda: { readonly arn: string } };
}

/**
 * `Invoke` of Lambda's API, synchronously. False: the request is another one.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export async function answerInvoke(
  request: IncomingMessage,
  response: ServerResponse,
  functions: Invocable,
  guard: Guard,
): Promise<boolean> {
  const name = PATH.exec((request.url ?? '').split('?')[0] ?? '')?.[1];
  if (request.method !== 'POST' || name === undefined) return false;
  const pool = named(functions, decodeURIComponent(name));
  const caller = guard.callerOf(request.headers);
  const refusal = caller && guard.refusal(caller, [{ action: 'lambda:InvokeFunction', resource: pool.lambda.arn }]);
  if (refusal !== undefined) throw new AwsError('AccessDeniedException', refusal, { status: 403 });
  if ((request.headers['x-amz-invocation-type'] ?? 'RequestResponse') !== 'RequestResponse') {
    throw new AwsError('InvalidParameterValueException', 'The local host invokes synchronously only.');
  }
  const result = await pool.invoke(await readText(request));
  response.setHeader('content-type', 'application/json');
  if (result.ok) response.writeHead(200).end(result.payload);
  else {
    response.setHeader('x-amz-function-error', 'Unhandled');
    response.writeHead(200).end(JSON.stringify({ errorType: result.type, errorMessage: result.message }));
  }
  return true;
}

function named(functions: Invocable, name: string): ReturnType<Invocable['get']> {
  try {
    return functions.get(name);
  } catch {
    throw new AwsError('ResourceNotFoundException', `Function not found: ${name}`, { status: 404 });
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new AwsError('RequestTooLargeException', 'Too large.', { status: 413 });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8') || '{}';
}
