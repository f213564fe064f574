import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { AwsError } from '../aws/error.ts';
import { type Json, listen, type RunningService } from '../aws/json-server.ts';
import type { SqsMapping } from '../events/sqs-mapping.ts';
import { answerInvoke, type Invocable } from './invoke-api.ts';
import type { Guard } from '../iam/guard.ts';

const PATH = /^\/2015-03-31\/event-source-mappings\/([^/?]+)$/;
const ALL = /^\/2015-03-31\/event-source-mappings\/?$/;
const MOST_BYTES = 64 * 1024;
/** https://docs.aws.amazon.com/lambda/latest/api/API_ScalingConfig.html */
const LEAST_CONCURRENCY = 2;
const MOST_CONCURRENCY = 1000;

/**
 * The part of Lambda's API that is used here: `Invoke`, and of event source mappings `ListEventSourceMappings`, all on one
 * page, `GetEventSourceMapping`, and `UpdateEventSourceMapping` with `Enabled` and `ScalingConfig`. A change holds until the host stops; the next start begins with the template's.
 * https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html
 *
 * @param mappings those that run, by the id that `Ref` gives
 * @param functions those that `Invoke` runs
 * @param arnPrefix of the mappings' ARNs: `arn:aws:lambda:<region>:<account>:event-source-mapping:`
 */
export function startMappingsApi(
  mappings: ReadonlyMap<string, SqsMapping>,
  guard: Guard,
  arnPrefix: string,
  functions: Invocable,
): Promise<RunningService> {
  return listen(
    createServer((request, response) => {
      answerInvoke(request, response, functions, guard)
        .then(async (answered) => {
          if (answered) return;
          const { status, body } = await answer(request, mappings, guard, arnPrefix);
          send(response, status, body);
        })
        .catch((error: unknown) => refuse(response, error));
    }),
  );
}

async function answer(
  request: IncomingMessage,
  mappings: ReadonlyMap<string, SqsMapping>,
  guard: Guard,
  arnPrefix: string,
): Promise<{ status: number; body: Json }> {
  const path = (request.url ?? '').split('?')[0] ?? '';
  const allowed = (action: string, resource: string) => {
    const caller = guard.callerOf(request.headers);
    const refusal = caller && guard.refusal(caller, [{ action: `lambda:${action}`, resource }]);
    if (refusal !== undefined) throw new AwsError('AccessDeniedException', refusal, { status: 403 });
  };
  if (request.method === 'GET' && ALL.test(path)) {
    allowed('ListEventSourceMappings', '*');
    return {
      status: 200,
      body: { EventSourceMappings: [...mappings].map(([id, mapping]) => configurationOf(id, mapping)) },
    };
  }
  const id = decodeURIComponent(PATH.exec(path)?.[1] ?? '');
  allowed(request.method === 'PUT' ? 'UpdateEventSourceMapping' : 'GetEventSourceMapping', arnPrefix + id);
  const mapping = mappings.get(id);
  if (!mapping)
    throw new AwsError('ResourceNotFoundException', 'The resource you requested does not exist.', { status: 404 });
  switch (request.method) {
    case 'GET':
      return { status: 200, body: configurationOf(id, mapping) };
    case 'PUT':
      mapping.change(changeOf(await readJson(request)));
      return { status: 202, body: configurationOf(id, mapping) };
    default:
      throw new AwsError('InvalidRequestContentException', `The local host has no ${request.method} of a mapping.`);
  }
}

function configurationOf(id: string, { settings, queueArn }: SqsMapping): Json {
  return {
    UUID: id,
    EventSourceArn: queueArn,
    State: settings.enabled ? 'Enabled' : 'Disabled',
    ScalingConfig: { MaximumConcurrency: settings.maximumConcurrency },
  };
}

function changeOf({ Enabled, ScalingConfig, ...others }: Json): { enabled?: boolean; maximumConcurrency?: number } {
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw new AwsError('InvalidParameterValueException', `The local host can't change ${unknown} of a mapping.`);
  }
  const { MaximumConcurrency: most } = (ScalingConfig ?? {}) as Json;
  if (
    most !== undefined &&
    !(Number.isInteger(most) && Number(most) >= LEAST_CONCURRENCY && Number(most) <= MOST_CONCURRENCY)
  ) {
    throw new AwsError('InvalidParameterValueException', 'MaximumConcurrency is a whole number from 2 to 1000.');
  }
  return {
    ...(typeof Enabled === 'boolean' && { enabled: Enabled }),
    ...(most !== undefined && { maximumConcurrency: Number(most) }),
  };
}

async function readJson(request: IncomingMessage): Promise<Json> {
  let text = '';
  for await (const chunk of request as AsyncIterable<Buffer>) {
    text += chunk.toString();
    if (text.length > MOST_BYTES) throw new AwsError('RequestTooLargeException', 'Too large.', { status: 413 });
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  } catch {
    // Answered below like any other body that is not an object.
  }
  throw new AwsError('InvalidRequestContentException', 'The request is not a JSON object.');
}

function refuse(response: ServerResponse, error: unknown): void {
  const known = error instanceof AwsError ? error : new AwsError('ServiceException', String(error), { status: 500 });
  response.setHeader('x-amzn-errortype', known.code);
  send(response, known.status, { message: known.message });
}

function send(response: ServerResponse, status: number, body: Json): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
