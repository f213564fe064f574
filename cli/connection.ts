import type { CloudWatchClient, CloudWatchClientConfig } from '@aws-sdk/client-cloudwatch';
import type { LambdaClient, LambdaClientConfig } from '@aws-sdk/client-lambda';
import type { SecretsManagerClient, SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager';
import type { SQSClient, SQSClientConfig } from '@aws-sdk/client-sqs';
import { Failure, usage } from './failure.ts';
import { NOT_RUNNING, readHost } from './host.ts';
import { call, type HttpAnswer } from './http.ts';

/** What every command is told about where Hookgate is. */
export interface Where {
  readonly stage: string;
  readonly url?: string;
}

/** One stage of Hookgate: on this machine, or in an AWS account. */
export interface Connection {
  readonly stage: string;
  /** The URL where it listens, no slash last; a source is at `<base>/webhooks/<source>`. */
  base(): string;
  /** What to say when nobody listens there. */
  readonly refused: string | undefined;
  secretsManager(): Promise<SecretsManagerClient>;
  sqs(): Promise<SQSClient>;
  cloudWatch(): Promise<CloudWatchClient>;
  lambda(): Promise<LambdaClient>;
  /**
   * `GET <base>/admin/<path>`, or `POST` where there is something to post as JSON; signed with the caller's AWS
   * credentials where the stage is remote.
   */
  admin(path: string, query: Readonly<Record<string, string>>, post?: unknown): Promise<HttpAnswer>;
}

export const LOCAL_STAGE = 'local';

export function connect(where: Where, env: NodeJS.ProcessEnv): Connection {
  return where.stage === LOCAL_STAGE ? local(where.url, env) : remote(where, env);
}

function local(url: string | undefined, env: NodeJS.ProcessEnv): Connection {
  const host = readHost(env['HOOKGATE_DATA']);
  const base = () => withoutSlash(url ?? host.url);
  return {
    stage: host.stage,
    base,
    refused: NOT_RUNNING,
    secretsManager: () => secretsManager({ endpoint: host.endpoints.secretsmanager, ...LOCAL_CLIENT }),
    sqs: () => sqs({ endpoint: host.endpoints.sqs, ...LOCAL_CLIENT }),
    cloudWatch: () => cloudWatch({ endpoint: host.endpoints.cloudwatch, ...LOCAL_CLIENT }),
    lambda: () => lambda({ endpoint: host.endpoints.lambda, ...LOCAL_CLIENT }),
    admin: (path, query, post) =>
      call({ url: adminUrl(base(), path, query), headers: {}, ...methodAndBody(post) }, NOT_RUNNING),
  };
}

const LOCAL_CLIENT = {
  region: 'us-east-1',
  // The local services ask for none, the SDK for some.
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  maxAttempts: 1,
} as const;

function remote({ stage, url }: Where, env: NodeJS.ProcessEnv): Connection {
  const base = () => {
    const given = url || env['HOOKGATE_URL'];
    if (given) return withoutSlash(given);
    throw usage(
      `Where is stage ${stage}? Give --url or set HOOKGATE_URL: what is before /webhooks/ in the stack's outputs.`,
    );
  };
  return {
    stage,
    base,
    refused: undefined,
    secretsManager: () => secretsManager({}),
    sqs: () => sqs({}),
    cloudWatch: () => cloudWatch({}),
    lambda: () => lambda({}),
    admin: async (path, query, post) => {
      const target = new URL(adminUrl(base(), path, query));
      const request = methodAndBody(post);
      const headers = await signed(target, request, await secretsManager({}));
      return call({ url: target.href, headers, ...request });
    },
  };
}

/** Loaded where needed: half of a command's start otherwise. */
async function secretsManager(options: SecretsManagerClientConfig): Promise<SecretsManagerClient> {
  const { SecretsManagerClient: Client } = await import('@aws-sdk/client-secrets-manager');
  return new Client(options);
}

async function sqs(options: SQSClientConfig): Promise<SQSClient> {
  const { SQSClient: Client } = await import('@aws-sdk/client-sqs');
  return new Client(options);
}

async function cloudWatch(options: CloudWatchClientConfig): Promise<CloudWatchClient> {
  const { CloudWatchClient: Client } = await import('@aws-sdk/client-cloudwatch');
  return new Client(options);
}

async function lambda(options: LambdaClientConfig): Promise<LambdaClient> {
  const { LambdaClient: Client } = await import('@aws-sdk/client-lambda');
  return new Client(options);
}

interface MethodAndBody {
  readonly method: 'GET' | 'POST';
  readonly body: Buffer;
}

function methodAndBody(post: unknown): MethodAndBody {
  if (post === undefined) return { method: 'GET', body: Buffer.alloc(0) };
  return { method: 'POST', body: Buffer.from(JSON.stringify(post)) };
}

/**
 * The headers of IAM's signature (SigV4), with the credentials that the SDK finds as every AWS tool does.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 */
async function signed(
  url: URL,
  { method, body }: MethodAndBody,
  { config }: SecretsManagerClient,
): Promise<Record<string, string>> {
  const { SignatureV4 } = await import('@smithy/signature-v4');
  const region = /\.execute-api\.([a-z0-9-]+)\./.exec(url.hostname)?.[1] ?? config.region;
  const { credentials, sha256 } = config;
  const signer = new SignatureV4({ service: 'execute-api', region, credentials, sha256 });
  try {
    const { headers } = await signer.sign({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { host: url.host },
      ...(body.length > 0 && { body }),
    });
    return headers;
  } catch (error) {
    throw awsFailure(error);
  }
}

/** What AWS or the way to it says, with the mend where there is one. */
export function awsFailure(error: unknown): Failure {
  if (!(error instanceof Error)) return new Failure(String(error));
  if (error.name === 'CredentialsProviderError') {
    return new Failure('No AWS credentials: log in with the AWS CLI, or set AWS_PROFILE.');
  }
  if (error.message === 'Region is missing') return new Failure('No AWS region: set AWS_REGION.');
  return new Failure(`${error.name}: ${error.message}`);
}

function adminUrl(base: string, path: string, query: Readonly<Record<string, string>>): string {
  const url = `${base}/admin/${path}`;
  if (!URL.canParse(url)) throw usage(`${base} is no URL: write it as https://example.com`);
  const search = new URLSearchParams(query).toString();
  return search === '' ? url : `${url}?${search}`;
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
