import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { SecretStore, SecretVersion } from '../core/ports.ts';
import { secretName } from '../core/source.ts';

const FIRST_VERSION = 'hookgate-offered-by-the-provider';

/** Secrets Manager, one secret a source. A stage that no version carries is answered ResourceNotFoundException. */
export function secretsManager(client: SecretsManagerClient, stage: string): SecretStore {
  const read = async (source: string, versionStage: SecretVersion['stage']): Promise<SecretVersion | undefined> => {
    const SecretId = secretName(stage, source);
    const answer = await client.send(new GetSecretValueCommand({ SecretId, VersionStage: versionStage })).catch(none);
    if (!answer) return undefined;
    if (answer.SecretString === undefined) throw new Error(`${SecretId} holds no string.`);
    return {
      // A copied secret often ends in a line break, which no provider signs with.
      value: answer.SecretString.trim(),
      stage: versionStage,
      createdAt: answer.CreatedDate?.getTime() ?? 0,
    };
  };
  return {
    current: (source) => read(source, 'AWSCURRENT'),
    previous: (source) => read(source, 'AWSPREVIOUS'),
    async keepFirst(source, value) {
      try {
        // One token for all offers: the first makes the version, any other finds the token taken by other content.
        const ClientRequestToken = FIRST_VERSION;
        await client.send(
          new PutSecretValueCommand({ SecretId: secretName(stage, source), SecretString: value, ClientRequestToken }),
        );
        return true;
      } catch (error) {
        if (error instanceof ResourceExistsException) return false;
        throw error;
      }
    },
  };
}

function none(error: unknown): undefined {
  if (error instanceof ResourceNotFoundException) return undefined;
  throw error;
}
