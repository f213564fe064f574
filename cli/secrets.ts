import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { entryOfSource, withCurrent, withoutPrevious } from '../lambdas/core/secrets/secret-group.ts';
import type { SecretStage } from '../lambdas/core/ports.ts';
import { credentialName, secretName, type Source } from '../lambdas/core/source.ts';
import { awsFailure, type Connection } from './connection.ts';
import { causeOf, Failure } from './failure.ts';
import { changeGroup, readGroup } from './secret-group.ts';

export interface StoredSecret {
  readonly name: string;
  readonly value: string;
  readonly createdAt: Date | undefined;
}

/** The current secret of a source: what its provider signs with now. */
export async function readCurrent(connection: Connection, source: Source): Promise<StoredSecret> {
  const name = secretName(connection.stage, source);
  return using(connection, name, async (client) => {
    const { GetSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
    if (source.secretGroup !== undefined) {
      const { group, createdAt } = await readGroup(client, name);
      const entry = entryOfSource(group, source.name);
      if (!entry) throw new Failure(`The secret ${name} has no entry ${source.name}: set it with \`secret set\`.`);
      return { name, value: entry.current, createdAt: entry.since === undefined ? createdAt : new Date(entry.since) };
    }
    const { SecretString, CreatedDate } = await client.send(new GetSecretValueCommand({ SecretId: name }));
    if (SecretString === undefined) throw new Failure(`The secret ${name} holds no text.`);
    // As the verifier reads it.
    return { name, value: SecretString.trim(), createdAt: CreatedDate };
  });
}

/** Makes a value the current one; the one it replaces is still accepted for the source's overlap. */
export async function putCurrent(connection: Connection, source: Source, value: string): Promise<string> {
  const name = secretName(connection.stage, source);
  return using(connection, name, async (client) => {
    const { PutSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
    if (source.secretGroup === undefined) {
      await client.send(new PutSecretValueCommand({ SecretId: name, SecretString: value }));
      // The one that it replaces may have the label of the rotation that made it, which would seem open again.
      await takeOff(client, name, ['AWSPENDING']);
    } else await changeGroup(client, name, (group) => withCurrent(group, source.name, value, Date.now()));
    return name;
  });
}

/** Puts what a provider's API is called with. */
export async function putCredential(connection: Connection, source: Source, value: string): Promise<string> {
  if (!source.rotation) {
    throw new Failure(`Source ${source.name} has no rotation in lib/config.ts, so there is no credential to set.`);
  }
  const name = credentialName(connection.stage, source.rotation.credential);
  return using(connection, name, async (client) => {
    const { PutSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
    await client.send(new PutSecretValueCommand({ SecretId: name, SecretString: value }));
    return name;
  });
}

/** Ends the overlap: nobody accepts the previous secret any more. False: there was none. */
export async function revokePrevious(connection: Connection, source: Source): Promise<boolean> {
  const name = secretName(connection.stage, source);
  return using(connection, name, async (client) => {
    if (source.secretGroup !== undefined) {
      const { group } = await readGroup(client, name);
      if (entryOfSource(group, source.name)?.previous === undefined) return false;
      await changeGroup(client, name, (latest) => withoutPrevious(latest, source.name));
      return true;
    }
    return takeOff(client, name, ['AWSPENDING', 'AWSPREVIOUS']);
  });
}

/** Takes stages off the version that is the previous one. False: there is none. */
async function takeOff(
  client: SecretsManagerClient,
  SecretId: string,
  stages: readonly SecretStage[],
): Promise<boolean> {
  const sdk = await import('@aws-sdk/client-secrets-manager');
  const { VersionIdsToStages = {} } = await client.send(new sdk.DescribeSecretCommand({ SecretId }));
  const [id, labels = []] = Object.entries(VersionIdsToStages).find(([, of]) => of.includes('AWSPREVIOUS')) ?? [];
  if (id === undefined) return false;
  for (const VersionStage of stages.filter((stage) => labels.includes(stage))) {
    await client.send(new sdk.UpdateSecretVersionStageCommand({ SecretId, VersionStage, RemoveFromVersionId: id }));
  }
  return true;
}

/** Runs with a client of its own, and says for people what went wrong. */
export async function using<T>(
  connection: Connection,
  name: string,
  work: (client: SecretsManagerClient) => Promise<T>,
): Promise<T> {
  const client = await connection.secretsManager();
  try {
    return await work(client);
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
