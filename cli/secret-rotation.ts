import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { secretName, type Source } from '../lambdas/core/source.ts';
import type { Connection } from './connection.ts';
import { Failure } from './failure.ts';
import { INVOCATION, remark } from './print.ts';
import { Progress } from './progress.ts';
import { using } from './secrets.ts';

const ASK_EVERY_MS = 1_000;
/** The function waits a minute before it tells the provider; a step that fails shows by then. */
const PATIENCE_SECONDS = 240;

/**
 * Starts a rotation, or takes up the one that is open, and waits for its end. Returns the id of the new version.
 *
 * @throws Failure when it has not ended in time; it stays open, and nothing is refused while it is
 */
export async function rotateNow(connection: Connection, source: Source): Promise<string> {
  if (!source.rotation) {
    throw new Failure(
      `Source ${source.name} has no rotation in lib/config.ts: have its provider issue a new secret, then bring it here with \`${INVOCATION} secret set ${source.name}\`.`,
    );
  }
  const name = secretName(connection.stage, source);
  return using(connection, name, async (client) => {
    const version = await start(client, name);
    const progress = new Progress('seconds');
    try {
      for (let seconds = 0; seconds < PATIENCE_SECONDS; seconds++) {
        progress.show(seconds, PATIENCE_SECONDS);
        const stages = (await stagesOf(client, name)).get(version) ?? [];
        if (stages.includes('AWSCURRENT')) return version;
        await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
      }
    } finally {
      progress.end();
    }
    throw new Failure(
      `The rotation of ${source.name} has not ended within ${PATIENCE_SECONDS / 60} min. Both secrets are accepted while it is open. The log of the rotation's function says what failed; mend it and run this again: docs/runbook/secret-rotation-failed.md.`,
    );
  });
}

async function start(client: SecretsManagerClient, name: string): Promise<string> {
  const sdk = await import('@aws-sdk/client-secrets-manager');
  try {
    const { VersionId = '' } = await client.send(new sdk.RotateSecretCommand({ SecretId: name }));
    return VersionId;
  } catch (error) {
    if (!(error instanceof sdk.InvalidRequestException)) throw error;
    const [open] = [...(await stagesOf(client, name))].find(([, stages]) => stages.includes('AWSPENDING')) ?? [];
    if (open === undefined) throw error;
    remark('A rotation is open already: it is taken up.');
    return open;
  }
}

async function stagesOf(client: SecretsManagerClient, name: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const { DescribeSecretCommand } = await import('@aws-sdk/client-secrets-manager');
  const { VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId: name }));
  return new Map(Object.entries(VersionIdsToStages));
}
