import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type { SecretCheckAnswer, SecretCheckRequest } from '../core/secrets/secret-check.ts';

/** Asks the verifier's function whether it takes a delivery; the word that it answers with. */
export async function askVerifier(
  client: LambdaClient,
  functionName: string,
  request: SecretCheckRequest,
): Promise<string> {
  const { FunctionError, Payload } = await client.send(
    new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(request) }),
  );
  if (FunctionError !== undefined) throw new Error(`The verifier failed: ${FunctionError}.`);
  const answer = JSON.parse(Buffer.from(Payload ?? []).toString('utf8')) as Partial<SecretCheckAnswer> | null;
  return answer?.check ?? 'no-answer';
}
