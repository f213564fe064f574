import type * as Lambda from '@aws-sdk/client-lambda';
import type { AdminRequest } from '../core/admin/admin.ts';
import type { Answer } from '../core/verdict.ts';

/** A request of the admin API as it goes to the function of the inboxes, which only the admin API may call. */
export interface InboxCall extends Omit<AdminRequest, 'query' | 'body'> {
  readonly query: Readonly<Record<string, string>>;
  /** Base64. */
  readonly body: string;
}

/**
 * Hands on requests that were checked, and brings the answers back. The client is loaded at the first: most stages have no
 * inbox, and its code would add to every cold start.
 */
export function inboxFunction(functionName: string): (request: AdminRequest) => Promise<Answer> {
  let loaded: Promise<{ sdk: typeof Lambda; client: Lambda.LambdaClient }> | undefined;
  const load = () =>
    (loaded ??= import('@aws-sdk/client-lambda').then((sdk) => ({ sdk, client: new sdk.LambdaClient(PATIENT) })));
  return async ({ method, path, who, query, body }) => {
    const { sdk, client } = await load();
    const call: InboxCall = { method, path, who, query: Object.fromEntries(query), body: body.toString('base64') };
    const { FunctionError, Payload } = await client.send(
      new sdk.InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(call) }),
    );
    if (FunctionError !== undefined) throw new Error(`The function of the inboxes failed: ${FunctionError}.`);
    return JSON.parse(Buffer.from(Payload ?? []).toString('utf8')) as Answer;
  };
}

/** A page of deliveries takes a while, and whoever waits has no more than the admin function's twenty seconds. */
const PATIENT = {
  maxAttempts: 1,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 18_000, throwOnRequestTimeout: true },
} as const;

export function requestOf({ query, body, ...rest }: InboxCall): AdminRequest {
  return { ...rest, query: new Map(Object.entries(query)), body: Buffer.from(body, 'base64') };
}
