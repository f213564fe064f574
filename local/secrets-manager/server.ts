import { AwsError } from '../aws/error.ts';
import { type Action, type Json, type RunningService, serveJson } from '../aws/json-server.ts';
import type { Guard } from '../iam/guard.ts';
import { secretsManagerNeeds } from '../iam/needs/secrets-manager.ts';
import { type InvokeRotation, nextRotationAt, Rotations } from './rotations.ts';
import { isEmpty, type Rotation, type Secret, Secrets, type SecretValue, type Version } from './secrets.ts';

export interface SecretsManagerOptions {
  /** The file that holds all secrets; in memory when absent. */
  readonly path?: string;
  readonly region: string;
  readonly account: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly guard: Guard;
  /** Runs a rotation's function. */
  readonly invoke: InvokeRotation;
  /** How often is looked what is to be rotated. */
  readonly sweepEveryMs: number;
}

/** Secrets Manager on this machine: what a gateway and its operator call. https://docs.aws.amazon.com/secretsmanager/latest/apireference/ */
export async function startSecretsManager(options: SecretsManagerOptions): Promise<RunningService> {
  const secrets = new Secrets({ ...options, path: options.path });
  const rotations = new Rotations(secrets, options.now, options.invoke);
  const actions = new Map<string, Action>([
    ['CreateSecret', (input) => createSecret(secrets, input)],
    ['GetSecretValue', (input) => getSecretValue(secrets, input)],
    ['PutSecretValue', (input) => putSecretValue(secrets, input)],
    ['DescribeSecret', (input) => describeSecret(secrets.get(input['SecretId']))],
    ['ListSecrets', () => ({ SecretList: secrets.all().map(listed) })],
    ['ListSecretVersionIds', (input) => listVersions(secrets.get(input['SecretId']))],
    ['UpdateSecretVersionStage', (input) => updateStage(secrets, input)],
    ['RotateSecret', (input) => rotateSecret(secrets, rotations, input)],
  ]);
  const { guard } = options;
  const service = await serveJson({
    contentType: 'application/x-amz-json-1.1',
    errorPrefix: '',
    authorize: (action, input, headers) => {
      const caller = guard.callerOf(headers);
      const arnOf = (id: string) => secrets.find(id)?.arn;
      const refusal = caller && guard.refusal(caller, secretsManagerNeeds(action, input, arnOf, guard));
      if (refusal !== undefined) throw new AwsError('AccessDeniedException', refusal);
    },
    actions,
  });
  const timer = setInterval(() => rotations.startDue(), options.sweepEveryMs).unref();
  return {
    url: service.url,
    close: () => {
      clearInterval(timer);
      return service.close();
    },
  };
}

function rotateSecret(secrets: Secrets, rotations: Rotations, input: Json): Json {
  const secret = secrets.get(input['SecretId']);
  const functionArn = text(input['RotationLambdaARN']);
  const { AutomaticallyAfterDays: days } = (input['RotationRules'] ?? {}) as Json;
  if (functionArn !== undefined) secrets.setRotation(secret, { functionArn, everyDays: Number(days ?? 30) });
  const { arn: ARN, name: Name } = secret;
  if (input['RotateImmediately'] === false) return { ARN, Name };
  return { ARN, Name, VersionId: rotations.start(secret, text(input['ClientRequestToken'])) };
}

function createSecret(secrets: Secrets, input: Json): Json {
  const token = text(input['ClientRequestToken']);
  const description = text(input['Description']);
  const secret = secrets.create(input['Name'], valueOf(input), {
    ...(token !== undefined && { token }),
    ...(description !== undefined && { description }),
  });
  return { ARN: secret.arn, Name: secret.name, ...(secret.versions[0] && { VersionId: secret.versions[0].id }) };
}

function getSecretValue(secrets: Secrets, input: Json): Json {
  const secret = secrets.get(input['SecretId']);
  const id = text(input['VersionId']);
  const stage = text(input['VersionStage']) ?? (id === undefined ? 'AWSCURRENT' : undefined);
  const version = secret.versions.find(
    (candidate) =>
      (id === undefined || candidate.id === id) && (stage === undefined || candidate.stages.includes(stage)),
  );
  // An empty one can't be asked for either.
  if (!version || isEmpty(version)) {
    const asked = stage === undefined ? `VersionId: ${id}` : `staging label: ${stage}`;
    throw new AwsError(
      'ResourceNotFoundException',
      `Secrets Manager can't find the specified secret value for ${asked}`,
    );
  }
  return {
    ARN: secret.arn,
    Name: secret.name,
    VersionId: version.id,
    VersionStages: version.stages,
    CreatedDate: seconds(version.createdAt),
    ...(version.string !== undefined && { SecretString: version.string }),
    ...(version.binary !== undefined && { SecretBinary: version.binary }),
  };
}

function putSecretValue(secrets: Secrets, input: Json): Json {
  const value = valueOf(input);
  if (!value) throw new AwsError('InvalidRequestException', 'You must provide either SecretString or SecretBinary.');
  const token = text(input['ClientRequestToken']);
  const stages = Array.isArray(input['VersionStages']) ? input['VersionStages'].map(String) : undefined;
  const version = secrets.put(input['SecretId'], value, {
    ...(token !== undefined && { token }),
    ...(stages && { stages }),
  });
  const secret = secrets.get(input['SecretId']);
  return { ARN: secret.arn, Name: secret.name, VersionId: version.id, VersionStages: version.stages };
}

function describeSecret(secret: Secret): Json {
  return {
    ...listed(secret),
    ...(secret.rotation && rotationOf(secret, secret.rotation)),
    VersionIdsToStages: stagesByVersion(secret.versions),
  };
}

function rotationOf(secret: Secret, { functionArn, everyDays, rotatedAt }: Rotation): Json {
  const next = nextRotationAt(secret);
  return {
    RotationEnabled: true,
    RotationLambdaARN: functionArn,
    RotationRules: { AutomaticallyAfterDays: everyDays },
    ...(rotatedAt !== undefined && { LastRotatedDate: seconds(rotatedAt) }),
    ...(next !== undefined && { NextRotationDate: seconds(next) }),
  };
}

function listed(secret: Secret): Json {
  return {
    ARN: secret.arn,
    Name: secret.name,
    ...(secret.description !== undefined && { Description: secret.description }),
    CreatedDate: seconds(secret.createdAt),
    LastChangedDate: seconds(secret.changedAt),
    SecretVersionsToStages: stagesByVersion(secret.versions),
  };
}

function listVersions(secret: Secret): Json {
  return {
    ARN: secret.arn,
    Name: secret.name,
    Versions: secret.versions.map(({ id, stages, createdAt }) => ({
      VersionId: id,
      VersionStages: stages,
      CreatedDate: seconds(createdAt),
    })),
  };
}

function updateStage(secrets: Secrets, input: Json): Json {
  const secret = secrets.moveStage(input['SecretId'], input['VersionStage'], {
    from: input['RemoveFromVersionId'],
    to: input['MoveToVersionId'],
  });
  return { ARN: secret.arn, Name: secret.name };
}

function stagesByVersion(versions: readonly Version[]): Record<string, string[]> {
  return Object.fromEntries(versions.map(({ id, stages }) => [id, stages]));
}

function valueOf(input: Json): SecretValue | undefined {
  const string = text(input['SecretString']);
  if (string !== undefined) return { string };
  const binary = text(input['SecretBinary']);
  return binary === undefined ? undefined : { binary };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function seconds(milliseconds: number): number {
  return milliseconds / 1000;
}
