import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { SecretStage, SecretStore, SecretVersion } from '../core/ports.ts';
import { entryOfSource, parseGroup } from '../core/secrets/secret-group.ts';
import { type Gateway, secretName, type Source } from '../core/source.ts';
import { clientOptions } from './clients.ts';

/** Three tries within five seconds: where no secret is held a delivery waits for them, and its provider no longer. */
export const SOON = {
  ...clientOptions,
  requestHandler: { ...clientOptions.requestHandler, requestTimeout: 1_500 },
} as const;

const FIRST_VERSION = 'hookgate-offered-by-the-provider';

/** Secrets Manager: one secret a source, or a source's entry in the secret of its group. */
export function secretsManager(client: SecretsManagerClient, { stage, sources }: Gateway): SecretStore {
  const byName = new Map(sources.map((source) => [source.name, source]));
  const sourceOf = (name: string): Source => {
    const source = byName.get(name);
    if (!source) throw new Error(`There is no source ${name}.`);
    return source;
  };
  const read = (name: string, versionStage: SecretStage): Promise<SecretVersion | undefined> => {
    const source = sourceOf(name);
    const secret = secretName(stage, source);
    return source.secretGroup === undefined
      ? readVersion(client, secret, versionStage)
      : readEntry(client, secret, name, versionStage);
  };
  return {
    current: (source) => read(source, 'AWSCURRENT'),
    previous: (source) => read(source, 'AWSPREVIOUS'),
    pending: (source) => read(source, 'AWSPENDING'),
    async keepFirst(source, value) {
      try {
        // One token for all offers: the first makes the version, any other finds the token taken by other content.
        const SecretId = secretName(stage, sourceOf(source));
        await client.send(
          new PutSecretValueCommand({ SecretId, SecretString: value, ClientRequestToken: FIRST_VERSION }),
        );
        return true;
      } catch (error) {
        if (error instanceof ResourceExistsException) return false;
        throw error;
      }
    },
  };
}

/** A stage that no version carries is answered ResourceNotFoundException. */
async function readVersion(
  client: SecretsManagerClient,
  SecretId: string,
  stage: SecretStage,
): Promise<SecretVersion | undefined> {
  const answer = await client.send(new GetSecretValueCommand({ SecretId, VersionStage: stage })).catch(none);
  if (!answer) return undefined;
  if (answer.SecretString === undefined) {
    // A rotation begins with a version that is empty, and may be given up with it:
    // https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
    if (stage === 'AWSPENDING') return undefined;
    throw new Error(`${SecretId} holds no string.`);
  }
  return {
    id: answer.VersionId ?? '',
    // A copied secret often ends in a line break, which no provider signs with.
    value: answer.SecretString.trim(),
    stage,
    createdAt: answer.CreatedDate?.getTime() ?? 0,
  };
}

/** What stands for a version in a group: all of it is in the group's current version. */
async function readEntry(
  client: SecretsManagerClient,
  secret: string,
  source: string,
  stage: SecretStage,
): Promise<SecretVersion | undefined> {
  if (stage === 'AWSPENDING') return undefined;
  const version = await readVersion(client, secret, 'AWSCURRENT');
  const entry = version && entryOfSource(parseGroup(version.value), source);
  const value = stage === 'AWSCURRENT' ? entry?.current : entry?.previous;
  if (!version || value === undefined) return undefined;
  const createdAt = entry?.since === undefined ? version.createdAt : Date.parse(entry.since);
  return { id: `${version.id}/${stage}`, value: value.trim(), stage, createdAt };
}

function none(error: unknown): undefined {
  if (error instanceof ResourceNotFoundException) return undefined;
  throw error;
}
