import { createHash } from 'node:crypto';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DIMENSION, metricsNamespace, SECRET_VERSION_METRIC, VERSION } from '../lambdas/core/metrics.ts';
import type { SecretStage } from '../lambdas/core/ports.ts';
import { entryOfSource } from '../lambdas/core/secrets/secret-group.ts';
import { secretName, type Source } from '../lambdas/core/source.ts';
import { awsFailure, type Connection } from './connection.ts';
import { readGroup } from './secret-group.ts';
import { using } from './secrets.ts';

export interface SecretStatus {
  readonly name: string;
  readonly versions: readonly VersionStatus[];
  /** When deliveries last came that the previous secret had signed, ISO 8601. */
  readonly previousLastUsed: string | null;
  /** Whether the previous secret is accepted and has not been used for long enough to be revoked. */
  readonly safeToRetire: boolean;
  readonly nextRotation: string | null;
}

export interface VersionStatus {
  readonly stage: SecretStage;
  /** The first characters of its SHA-256: tells two values apart, and gives neither away. */
  readonly fingerprint: string | null;
  readonly since: string | null;
  /** Whether the verifier takes what it has signed. */
  readonly accepted: boolean;
  /** Of the previous one and of a pending one, when it ends. */
  readonly acceptedUntil?: string;
  /** Made along with the secret itself: nobody has been given it, so nothing is signed with it. */
  readonly placeholder?: true;
}

interface Found {
  readonly stage: SecretStage;
  readonly value: string | undefined;
  readonly createdAt: number | undefined;
  readonly placeholder?: boolean;
}

/** A provider's queue of retries is over by then, mostly: every one seen retries first within the hour. */
const QUIET_MS = 60 * 60_000;
const MINUTE_MS = 60_000;
/** Nobody types a secret that fast after a deployment. */
const SAME_CALL_MS = 2_000;
/** As far back as CloudWatch keeps minutes. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#Metric */
const MINUTES_KEPT_MS = 15 * 24 * 60 * MINUTE_MS;

/** What is stored for a source, how old it is, and whether the old one is still used; never a value. */
export async function statusOf(connection: Connection, source: Source, now: number): Promise<SecretStatus> {
  const stored = await storedOf(connection, source, now);
  const previous = stored.versions.find(({ stage }) => stage === 'AWSPREVIOUS');
  const lastUsed = previous && (await lastUse(connection, source.name, stored.currentSince ?? 0, now));
  const quietSince = Math.max(lastUsed ?? 0, stored.currentSince ?? now);
  return {
    name: stored.name,
    versions: stored.versions,
    previousLastUsed: lastUsed === undefined ? null : new Date(lastUsed).toISOString(),
    safeToRetire: previous?.accepted === true && now - quietSince >= QUIET_MS,
    nextRotation: stored.nextRotation,
  };
}

interface Stored extends Pick<SecretStatus, 'name' | 'versions' | 'nextRotation'> {
  /** Milliseconds since the epoch. */
  readonly currentSince: number | undefined;
}

export async function storedOf(connection: Connection, source: Source, now: number): Promise<Stored> {
  const name = secretName(connection.stage, source);
  const { found, nextRotation } = await using(connection, name, async (client) =>
    source.secretGroup === undefined ? ofSecret(client, name) : ofGroup(client, name, source.name),
  );
  const currentSince = found.find(({ stage }) => stage === 'AWSCURRENT')?.createdAt;
  const overlapMs = source.secretOverlapSeconds * 1000;
  const overlapEnds = (currentSince ?? 0) + overlapMs;
  const rotates = source.rotation !== undefined;
  return {
    name,
    versions: found.map((version) => statusOfVersion(version, { now, overlapEnds, overlapMs, rotates })),
    nextRotation: nextRotation?.toISOString() ?? null,
    currentSince,
  };
}

function statusOfVersion(
  { stage, value, createdAt = 0, placeholder }: Found,
  { now, overlapEnds, overlapMs, rotates }: { now: number; overlapEnds: number; overlapMs: number; rotates: boolean },
): VersionStatus {
  const ends = { AWSCURRENT: undefined, AWSPREVIOUS: overlapEnds, AWSPENDING: createdAt + overlapMs }[stage];
  const counts = stage === 'AWSPENDING' ? rotates && value !== undefined : true;
  return {
    stage,
    fingerprint: value === undefined ? null : createHash('sha256').update(value).digest('hex').slice(0, 8),
    since: createdAt === 0 ? null : new Date(createdAt).toISOString(),
    accepted: counts && (ends === undefined || now < ends),
    ...(counts && ends !== undefined && { acceptedUntil: new Date(ends).toISOString() }),
    ...(placeholder === true && { placeholder }),
  };
}

async function ofSecret(client: SecretsManagerClient, SecretId: string) {
  const sdk = await import('@aws-sdk/client-secrets-manager');
  const described = await client.send(new sdk.DescribeSecretCommand({ SecretId }));
  const { VersionIdsToStages = {}, NextRotationDate, CreatedDate: bornAt } = described;
  const found: Found[] = [];
  for (const stage of ['AWSCURRENT', 'AWSPENDING', 'AWSPREVIOUS'] as const) {
    const [id, stages = []] = Object.entries(VersionIdsToStages).find(([, labels]) => labels.includes(stage)) ?? [];
    // A rotation that has ended may leave its label.
    if (id === undefined || (stage === 'AWSPENDING' && stages.length > 1)) continue;
    const version = await client
      .send(new sdk.GetSecretValueCommand({ SecretId, VersionId: id, VersionStage: stage }))
      .catch((error: unknown) => {
        // A rotation begins with a version that has no value.
        if (error instanceof sdk.ResourceNotFoundException) return undefined;
        throw error;
      });
    const [value, createdAt] = [version?.SecretString?.trim(), version?.CreatedDate?.getTime()];
    found.push({ stage, value, createdAt, placeholder: isPlaceholder(value, createdAt, bornAt?.getTime()) });
  }
  return { found, nextRotation: NextRotationDate };
}

/**
 * Whether a value is the one that the stack generates (lib/secrets.ts), which is the secret's first: CloudFormation makes
 * both in one call. https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
 */
function isPlaceholder(value: string | undefined, createdAt: number | undefined, bornAt: number | undefined): boolean {
  if (value === undefined || createdAt === undefined || bornAt === undefined) return false;
  return /^[A-Za-z0-9]{32}$/.test(value) && Math.abs(createdAt - bornAt) <= SAME_CALL_MS;
}

async function ofGroup(client: SecretsManagerClient, name: string, source: string) {
  const { group, createdAt } = await readGroup(client, name);
  const entry = entryOfSource(group, source);
  const found: Found[] = [];
  if (entry) {
    const since = entry.since === undefined ? createdAt?.getTime() : Date.parse(entry.since);
    found.push({ stage: 'AWSCURRENT', value: entry.current, createdAt: since });
    if (entry.previous !== undefined) found.push({ stage: 'AWSPREVIOUS', value: entry.previous, createdAt: undefined });
  }
  return { found, nextRotation: undefined };
}

/**
 * The last minute in which the verifier counted a delivery of the previous secret, from the metric: it is the one thing
 * that all sandboxes write and nobody has to keep. Milliseconds since the epoch.
 */
async function lastUse(
  connection: Connection,
  source: string,
  since: number,
  now: number,
): Promise<number | undefined> {
  const { GetMetricDataCommand } = await import('@aws-sdk/client-cloudwatch');
  const client = await connection.cloudWatch();
  try {
    const from = Math.max(since, now - MINUTES_KEPT_MS);
    const { MetricDataResults = [] } = await client.send(
      new GetMetricDataCommand({
        StartTime: new Date(Math.floor(from / MINUTE_MS) * MINUTE_MS),
        EndTime: new Date(Math.ceil((now + 1) / MINUTE_MS) * MINUTE_MS),
        MetricDataQueries: [
          {
            Id: 'previous',
            MetricStat: {
              Metric: {
                Namespace: metricsNamespace(connection.stage),
                MetricName: SECRET_VERSION_METRIC,
                Dimensions: [
                  { Name: DIMENSION.source, Value: source },
                  { Name: DIMENSION.version, Value: VERSION.AWSPREVIOUS },
                ],
              },
              Period: 60,
              Stat: 'Sum',
            },
          },
        ],
      }),
    );
    const minutes = MetricDataResults.flatMap(({ Timestamps = [], Values = [] }) =>
      Timestamps.filter((_, index) => (Values[index] ?? 0) > 0).map((at) => at.getTime()),
    );
    return minutes.length === 0 ? undefined : Math.max(...minutes);
  } catch (error) {
    throw awsFailure(error);
  } finally {
    client.destroy();
  }
}
