import type { AllowlistView } from '../lambdas/core/admin/allowlists.ts';
import { readAnswer } from './admin-answer.ts';
import type { Connection } from './connection.ts';
import { Failure } from './failure.ts';

export async function readAllowlist(connection: Connection, source: string): Promise<AllowlistView> {
  const path = `allowlists/${encodeURIComponent(source)}`;
  return readAnswer(await connection.admin(path, {})) as unknown as AllowlistView;
}

/** Approves exactly the list that waits now: another one that is published meanwhile waits anew. */
export async function applyHeld(connection: Connection, source: string, reason?: string): Promise<AllowlistView> {
  const { held, fetchedAt } = await readAllowlist(connection, source);
  if (!held && fetchedAt === null) {
    throw new Failure(`The list of source ${source} has not been fetched yet; the allowlists function's log says why.`);
  }
  if (!held) throw new Failure(`Nothing waits for approval at source ${source}: what is published is in force.`);
  const path = `allowlists/${encodeURIComponent(source)}/apply`;
  const wish = { digest: held.digest, ...(reason !== undefined && { reason }) };
  return readAnswer(await connection.admin(path, {}, wish)) as unknown as AllowlistView;
}

/** What is so, and what to do about it. */
export function linesOf(view: AllowlistView): readonly string[] {
  const { source, provider, published, cidrs, fetchedAt, lastChange, held, drift, approved } = view;
  const effect = published === 'enforce' ? 'others are refused' : 'others are counted only';
  return [
    `${source}: ${cidrs.length} published addresses of ${provider} in force; ${effect}.`,
    fetchedAt === null ? 'They have not been fetched yet.' : `Fetched ${fetchedAt}.`,
    ...(lastChange
      ? [
          `Changed ${lastChange.at} by ${lastChange.by}: ${lastChange.added.length} added, ${lastChange.removed.length} removed.`,
        ]
      : []),
    ...(drift ? [`Not as published since ${drift.since}: ${drift.reason}, ${drift.detail}.`] : []),
    ...(held?.added.map((cidr) => `+ ${cidr}`) ?? []),
    ...(held?.removed.map((cidr) => `- ${cidr}`) ?? []),
    ...(approved !== null ? ['Approved; applied within a minute.'] : []),
    ...(held && approved === null ? [`To let it in force: allowlist apply ${source}`] : []),
  ];
}
