import type { ControlledRoute } from './core/processing/control.ts';
import { LIST_BY, type ListBy } from './core/table.ts';

/**
 * The environment of the functions, both sides of it: the stack calls `toEnv` where it grants the permission, the
 * entry calls `fromEnv` once at start. What a function needs of the configuration is in its `gateway.json` instead.
 */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where events are kept. */
export interface RecordsSettings {
  readonly tableName: string;
  /** Bucket of the payloads that don't fit a row. */
  readonly bucketName: string;
  /** What the stage lists by, beside what it always does. */
  readonly listBy: readonly ListBy[];
}

export const recordsSettings = {
  toEnv: ({ tableName, bucketName, listBy }: RecordsSettings) => ({
    TABLE_NAME: tableName,
    BUCKET_NAME: bucketName,
    ...(listBy.length > 0 && { LIST_BY: listBy.join(' ') }),
  }),
  fromEnv: (env: Environment): RecordsSettings => ({
    tableName: required(env, 'TABLE_NAME', 'recordsSettings'),
    bucketName: required(env, 'BUCKET_NAME', 'recordsSettings'),
    listBy: LIST_BY.filter((by) => env.LIST_BY?.split(' ').includes(by)),
  }),
};

/** Where queues are: all share one URL up to the name, and `queueName` gives the name. */
export interface QueuesSettings {
  /** Without the slash before the name. */
  readonly queueUrlBase: string;
}

export const queuesSettings = {
  /** Takes the URL of any queue of the stack: a template can't cut a string, the function can. */
  toEnv: ({ anyQueueUrl }: { readonly anyQueueUrl: string }) => ({ QUEUE_URL: anyQueueUrl }),
  fromEnv: (env: Environment): QueuesSettings => {
    const url = required(env, 'QUEUE_URL', 'queuesSettings');
    return { queueUrlBase: url.slice(0, url.lastIndexOf('/')) };
  },
};

/** The mappings that the breaker's controller sets, and how they are configured. */
export interface MappingsSettings {
  readonly routes: readonly ControlledRoute[];
}

/** In the environment, because their ids are known at deployment only; in few characters, because it ends at 4 KB. */
export const mappingsSettings = {
  toEnv: ({ routes }: MappingsSettings) => ({
    MAPPINGS: JSON.stringify(
      Object.fromEntries(
        routes.map(({ route, maximumConcurrency, mappings }) => [route, [maximumConcurrency, ...mappings]]),
      ),
    ),
  }),
  fromEnv: (env: Environment): MappingsSettings => {
    const routes = JSON.parse(required(env, 'MAPPINGS', 'mappingsSettings')) as Record<string, [number, ...string[]]>;
    return {
      routes: Object.entries(routes).map(([route, [maximumConcurrency, ...mappings]]) => ({
        route,
        maximumConcurrency,
        mappings,
      })),
    };
  },
};

/** Sets of AWS WAF that a function keeps: providers' published addresses, or the blocked ones. */
export interface IpSetsSettings {
  /** By provider, or `blocked`; each as CloudFormation's `Ref` gives it, `name|id|scope`. */
  readonly ipSets: Readonly<Record<string, { readonly IPV4: string; readonly IPV6: string }>>;
}

/** In the environment, because their ids are known at deployment only. */
export const ipSetsSettings = {
  toEnv: ({ ipSets }: IpSetsSettings) => ({
    IP_SETS: Object.entries(ipSets)
      .map(([provider, { IPV4, IPV6 }]) => [provider, IPV4, IPV6].join(' '))
      .join('\n'),
  }),
  fromEnv: (env: Environment): IpSetsSettings => ({
    ipSets: Object.fromEntries(
      required(env, 'IP_SETS', 'ipSetsSettings')
        .split('\n')
        .map((line) => {
          const [provider = '', IPV4 = '', IPV6 = ''] = line.split(' ');
          return [provider, { IPV4, IPV6 }];
        }),
    ),
  }),
};

/** The log group of refused attempts, and its one stream. */
export interface SecurityLogSettings {
  readonly logGroupName: string;
  readonly logStreamName: string;
}

export const securityLogSettings = {
  toEnv: ({ logGroupName, logStreamName }: SecurityLogSettings) => ({
    SECURITY_LOG_GROUP: logGroupName,
    SECURITY_LOG_STREAM: logStreamName,
  }),
  fromEnv: (env: Environment): SecurityLogSettings => ({
    logGroupName: required(env, 'SECURITY_LOG_GROUP', 'securityLogSettings'),
    logStreamName: required(env, 'SECURITY_LOG_STREAM', 'securityLogSettings'),
  }),
};

/** Where a rotation asks whether its new secret is held. */
export interface VerifierSettings {
  readonly functionName: string;
}

export const verifierSettings = {
  toEnv: ({ functionName }: VerifierSettings) => ({ VERIFIER_FUNCTION: functionName }),
  fromEnv: (env: Environment): VerifierSettings => ({
    functionName: required(env, 'VERIFIER_FUNCTION', 'verifierSettings'),
  }),
};

/** The function that lists, explains and lets in what the inboxes keep. */
export interface InboxSettings {
  readonly functionName: string;
}

export const inboxSettings = {
  toEnv: ({ functionName }: InboxSettings) => ({ INBOX_FUNCTION: functionName }),
  /** Undefined where no source has an inbox. */
  fromEnv: ({ INBOX_FUNCTION: functionName }: Environment): InboxSettings | undefined =>
    functionName === undefined ? undefined : { functionName },
};

/** The team's own tables. */
export interface TablesSettings {
  /** Physical name by the short name that a processor declares. */
  readonly tables: Readonly<Record<string, string>>;
}

export const tablesSettings = {
  toEnv: ({ tables }: TablesSettings) => ({ TABLES: JSON.stringify(tables) }),
  fromEnv: (env: Environment): TablesSettings => ({
    tables: JSON.parse(required(env, 'TABLES', 'tablesSettings')) as Record<string, string>,
  }),
};

function required(env: Environment, name: string, setting: string): string {
  const value = env[name];
  if (!value) throw new Error(`${name} is not set. It is written by ${setting}.toEnv in lambdas/settings.ts.`);
  return value;
}
