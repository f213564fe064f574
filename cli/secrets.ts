import { secretName } from '../lambdas/core/source.ts';
import { awsFailure, type Connection } from './connection.ts';
import { causeOf, Failure } from './failure.ts';

export interface StoredSecret {
  readonly name: string;
  readonly value: string;
  readonly createdAt: Date | undefined;
}

/** The current secret of a source: what its provider signs with now. */
export async function readCurrent(connection: Connection, source: string): Promise<StoredSecret> {
  const { GetSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
  const name = secretName(connection.stage, source);
  const client = await connection.secretsManager();
  try {
    const { SecretString, CreatedDate } = await client.send(new GetSecretValueCommand({ SecretId: name }));
    if (SecretString === undefined) throw new Failure(`The secret ${name} holds no text.`);
    // As the verifier reads it.
    return { name, value: SecretString.trim(), createdAt: CreatedDate };
  } catch (error) {
    throw explained(error, connection, name);
  } finally {
    client.destroy();
  }
}

/** Makes a value the current one; the one it replaces is still accepted for the source's overlap. */
export async function putCurrent(connection: Connection, source: string, value: string): Promise<string> {
  const { PutSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
  const name = secretName(connection.stage, source);
  const client = await connection.secretsManager();
  try {
    await client.send(new PutSecretValueCommand({ SecretId: name, SecretString: value }));
    return name;
  } catch (error) {
    throw explained(error, connection, name);
  } finally {
    client.destroy();
  }
}

function explained(error: unknown, { refused, stage }: Connection, name: string): Failure {
  if (error instanceof Failure) return error;
  if (refused !== undefined && causeOf(error) === 'ECONNREFUSED') return new Failure(refused);
  if (error instanceof Error && error.name === 'ResourceNotFoundException') {
    return new Failure(`There is no secret ${name}: deploy stage ${stage} first, or check account and region.`);
  }
  return awsFailure(error);
}
