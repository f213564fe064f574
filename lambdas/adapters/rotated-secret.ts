import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import type { RotatedSecret } from '../core/secrets/rotation.ts';

/** A secret under rotation in Secrets Manager, by its ARN. */
export function rotatedSecret(client: SecretsManagerClient, SecretId: string): RotatedSecret {
  return {
    async stages() {
      const { VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId }));
      return new Map(Object.entries(VersionIdsToStages));
    },
    async pending(version) {
      try {
        const { SecretString, CreatedDate } = await client.send(
          new GetSecretValueCommand({ SecretId, VersionId: version, VersionStage: 'AWSPENDING' }),
        );
        return SecretString === undefined ? undefined : { value: SecretString, createdAt: CreatedDate?.getTime() ?? 0 };
      } catch (error) {
        // So is answered while the version is empty.
        if (error instanceof ResourceNotFoundException) return undefined;
        throw error;
      }
    },
    async putPending(version, value) {
      const command = { SecretId, ClientRequestToken: version, SecretString: value, VersionStages: ['AWSPENDING'] };
      await client.send(new PutSecretValueCommand(command));
    },
    async makeCurrent(version, before) {
      await client.send(
        new UpdateSecretVersionStageCommand({
          SecretId,
          VersionStage: 'AWSCURRENT',
          MoveToVersionId: version,
          RemoveFromVersionId: before,
        }),
      );
    },
  };
}

/** The text of another secret: what a provider's API is called with. */
export async function readCredential(client: SecretsManagerClient, SecretId: string): Promise<string> {
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId }));
  if (SecretString === undefined) throw new Error(`The secret ${SecretId} holds no text.`);
  return SecretString.trim();
}
