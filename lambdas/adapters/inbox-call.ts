import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type { AdminRequest } from '../core/admin.ts';
import type { Answer } from '../core/verdict.ts';

/** A request of the admin API as it goes to the function of the inboxes, which only the admin API may call. */
export interface InboxCall extends Omit<AdminRequest, 'query' | 'body'> {
  readonly query: Readonly<Record<string, string>>;
  /** Base64. */
  readonly body: string;
}

/** Hands on a request that was checked, and brings the answer back. */
export async function askInbox(client: LambdaClient, functionName: string, request: AdminRequest): Promise<Answer> {
  const { method, path, who, query, body } = request;
  const call: InboxCall = { method, path, who, query: Object.fromEntries(query), body: body.toString('base64') };
  const { FunctionError, Payload } = await client.send(
    new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(call) }),
  );
  if (FunctionError !== undefined) throw new Error(`The function of the inboxes failed: ${FunctionError}.`);
  return JSON.parse(Buffer.from(Payload ?? []).toString('utf8')) as Answer;
}

export function requestOf({ query, body, ...rest }: InboxCall): AdminRequest {
  return { ...rest, query: new Map(Object.entries(query)), body: Buffer.from(body, 'base64') };
}
