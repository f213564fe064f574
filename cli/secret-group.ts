import { randomUUID } from 'node:crypto';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { groupText, parseGroup, type SecretGroup } from '../lambdas/core/secrets/secret-group.ts';
import { Failure, messageOf } from './failure.ts';

interface StoredGroup {
  readonly group: SecretGroup;
  readonly version: string | undefined;
  readonly createdAt: Date | undefined;
}

const MOST_TRIES = 5;

/** What all sources of a group sign with, by source. */
export async function readGroup(client: SecretsManagerClient, name: string): Promise<StoredGroup> {
  const { GetSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
  const {
    SecretString = '{}',
    VersionId,
    CreatedDate,
  } = await client.send(new GetSecretValueCommand({ SecretId: name }));
  try {
    return { group: parseGroup(SecretString), version: VersionId, createdAt: CreatedDate };
  } catch (error) {
    throw new Failure(`The secret ${name} can't be read: ${messageOf(error)}`);
  }
}

/**
 * Changes one source's entry and loses no change that somebody else makes at the same time: the new version is put
 * beside the current one, and AWSCURRENT moves to it only if it is still where it was read.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html
 */
export async function changeGroup(
  client: SecretsManagerClient,
  name: string,
  change: (group: SecretGroup) => SecretGroup,
): Promise<void> {
  const sdk = await import('@aws-sdk/client-secrets-manager');
  for (let tries = 1; ; tries++) {
    const { group, version } = await readGroup(client, name);
    const token = randomUUID();
    const label = `hookgate-${token}`;
    await client.send(
      new sdk.PutSecretValueCommand({
        SecretId: name,
        SecretString: groupText(change(group)),
        ClientRequestToken: token,
        VersionStages: [label],
      }),
    );
    const moved = await client
      .send(
        new sdk.UpdateSecretVersionStageCommand({
          SecretId: name,
          VersionStage: 'AWSCURRENT',
          MoveToVersionId: token,
          RemoveFromVersionId: version,
        }),
      )
      .then(
        () => true,
        (error: unknown) => {
          // It is where somebody else has put it since: theirs is read, and changed.
          if (error instanceof sdk.InvalidParameterException && tries < MOST_TRIES) return false;
          throw error;
        },
      );
    await client.send(
      new sdk.UpdateSecretVersionStageCommand({ SecretId: name, VersionStage: label, RemoveFromVersionId: token }),
    );
    if (moved) return;
  }
}
