import { join } from 'node:path';
import type { RunningService } from './aws/json-server.ts';
import { startDynamodb } from './dynamodb/server.ts';
import { Guard, type Noted } from './iam/guard.ts';
import type { Rules } from './iam/rules.ts';
import { startS3 } from './s3.ts';
import { startSecretsManager } from './secrets-manager/server.ts';
import { openPersistence } from './sqs/fauxqs.ts';
import { startSqs } from './sqs/server.ts';
import { Refusal } from './refusal.ts';

/**
 * The data services, in a process of their own: `node local/services.ts`, started with an IPC channel. It is the
 * watchdog as well: when its parent dies, however it dies, it kills every process it was told of and leaves.
 */
export interface ServicesOptions {
  /** Folder for everything that must survive a restart. */
  readonly data: string;
  readonly region: string;
  readonly account: string;
  /** How often TTL and retention are looked at; default 60,000. */
  readonly sweepEveryMs?: number;
  /** Whether messages that were in flight at the last end are visible at once; default false. */
  readonly releaseHeldMessages?: boolean;
  /** Added to this machine's clock: how tests make time pass for TTL and retention. */
  readonly clockOffsetMs?: number;
}

export interface Endpoints {
  readonly dynamodb: string;
  readonly sqs: string;
  readonly secretsmanager: string;
  readonly s3: string;
}

export type ToServices =
  | { readonly kind: 'start'; readonly options: ServicesOptions }
  /** Who may do what from now on, and the file that takes what is used and refused. */
  | { readonly kind: 'bind'; readonly rules: Rules; readonly file: string }
  | { readonly kind: 'watch'; readonly pid: number }
  | { readonly kind: 'unwatch'; readonly pid: number }
  /** What came of an `invoke`; `failure` says why it failed. */
  | { readonly kind: 'invoked'; readonly id: number; readonly failure?: string }
  | { readonly kind: 'stop' };

export type FromServices =
  | { readonly kind: 'ready'; readonly endpoints: Endpoints }
  | { readonly kind: 'bound' }
  /** Asks the host to run a function, which it answers with `invoked`. */
  | { readonly kind: 'invoke'; readonly id: number; readonly functionArn: string; readonly event: string }
  | { readonly kind: 'refused'; readonly refused: Noted }
  /** `sentence` is for the person at the console. */
  | { readonly kind: 'failed'; readonly sentence: string };

/** A host that was killed a moment ago may still hold the database. */
const LOCK_PATIENCE_MS = 4000;

const watched = new Set<number>();
const guard = new Guard((refused) => tell({ kind: 'refused', refused }));
const invocations = new Map<number, (failure: string | undefined) => void>();
let invoked = 0;
let running: RunningService[] = [];
let closeStorage = (): void => undefined;

process.on('message', (message: ToServices) => {
  switch (message.kind) {
    case 'start':
      void start(message.options).then(
        (endpoints) => tell({ kind: 'ready', endpoints }),
        (error: unknown) => tell({ kind: 'failed', sentence: explain(error, message.options.data) }),
      );
      return;
    case 'bind':
      guard.bind(message.rules, message.file);
      tell({ kind: 'bound' });
      return;
    case 'invoked':
      invocations.get(message.id)?.(message.failure);
      invocations.delete(message.id);
      return;
    case 'watch':
      watched.add(message.pid);
      return;
    case 'unwatch':
      watched.delete(message.pid);
      return;
    case 'stop':
      void Promise.allSettled(running.map((service) => service.close())).then(() => {
        closeStorage();
        process.exit(0);
      });
  }
});

process.on('disconnect', () => {
  for (const pid of watched) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It is gone already.
    }
  }
  process.exit(0);
});

// Who ends every process of a user or a service signals this one too; the host decides when the services stop.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);

async function start(options: ServicesOptions): Promise<Endpoints> {
  const { data, region, account, sweepEveryMs = 60_000, clockOffsetMs = 0, releaseHeldMessages = false } = options;
  const now = () => Date.now() + clockOffsetMs;
  const tables = join(data, 'dynamodb');
  const dynamodb = await readable(tables, 'the tables', () =>
    whenUnlocked(() =>
      startDynamodb({
        path: tables,
        now,
        sweepEveryMs,
        guard,
        arnPrefix: `arn:aws:dynamodb:${region}:${account}:table/`,
      }),
    ),
  );
  const queues = join(data, 'sqs');
  const [persistence, sqs, s3] = await readable(queues, 'the queues and payloads', async () => {
    const opened = await openPersistence(queues);
    // Enough for a killed process; only a power cut could lose the last moments.
    opened.db.exec('PRAGMA synchronous = NORMAL');
    const arnPrefix = `arn:aws:sqs:${region}:${account}:`;
    const running = await startSqs({
      ...{ persistence: opened, region, now, sweepEveryMs, releaseHeldMessages },
      ...{ guard, arnPrefix },
    });
    return [opened, running, await startS3(opened, guard)] as const;
  });
  const secrets = join(data, 'secrets.json');
  const secretsmanager = await readable(secrets, 'the secrets', () =>
    startSecretsManager({ path: secrets, region, account, now, guard, invoke: invokeByHost, sweepEveryMs }),
  );
  running = [dynamodb, sqs, s3, secretsmanager];
  closeStorage = () => persistence.close();
  return { dynamodb: dynamodb.url, sqs: sqs.url, secretsmanager: secretsmanager.url, s3: s3.url };
}

function invokeByHost(functionArn: string, event: string): Promise<string | undefined> {
  const id = ++invoked;
  return new Promise((done) => {
    invocations.set(id, done);
    tell({ kind: 'invoke', id, functionArn, event });
  });
}

/** Opens one of the stores; when it can't be, the sentence says which. */
async function readable<T>(path: string, what: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (isLocked(error)) throw error;
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
    const reason = (error instanceof Error ? error.message : String(error)) + cause;
    throw new Refusal(
      `${path} can't be read (${reason}). It holds ${what}: restore it, or move it away to start empty.`,
    );
  }
}

async function whenUnlocked<T>(open: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + LOCK_PATIENCE_MS;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      if (!isLocked(error) || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function isLocked(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return [error, cause].some((one) => one instanceof Error && 'code' in one && one.code === 'LEVEL_LOCKED');
}

function explain(error: unknown, data: string): string {
  if (isLocked(error))
    return `Another Hookgate uses the data folder ${data}. Stop it, or set HOOKGATE_DATA to another folder.`;
  if (error instanceof Refusal) return error.message;
  const reason = error instanceof Error ? error.message : String(error);
  return `The data services could not start on ${data} (${reason}).`;
}

function tell(message: FromServices): void {
  process.send?.(message);
}
