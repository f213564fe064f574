import { Duration } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Tls } from './tls.ts';
import type { ListBy } from '../lambdas/core/table.ts';

/** What a team edits: which endpoints there are, who may call them, which code runs for which event. */
export interface GatewayConfig {
  readonly sources: readonly SourceConfig[];
  /** By stage name. One stack per stage, `hookgate-<stage>`. */
  readonly stages: Readonly<Record<string, StageConfig>>;
}

/** One endpoint of one provider: `POST /webhooks/<name>`. */
export interface SourceConfig {
  /** Part of the URL, of queue names and of the secret's name: lower-case letters, digits and hyphens. */
  readonly name: string;
  /** How it signs: the name of a declaration in `lambdas/providers`. */
  readonly provider: string;
  /** Which addresses may call it. */
  readonly allow: Allow | AllowPublished;
  /** Which processors its events go to. */
  readonly routes: readonly (string | RouteConfig)[];
  /**
   * Largest body that is accepted, at most 4 MiB: Lambda takes 6 MB of a request whose body is base64 by then.
   * @default 1 MiB
   */
  readonly maxBodyBytes?: number;
  /**
   * Requests of this source in a minute, from all addresses of its list together. What is above is answered 429. Of a
   * source that strangers can reach, `anywhere` or `observe`, it is what `admitPerMinute` is by default.
   * @default the stage's `limits.perSource`
   */
  readonly throttle?: Throttle;
  /**
   * Deliveries of this source that may be let in within a minute, counted after the signature, so that strangers use up
   * none of it. What is above is answered 429. It costs a write a second and container while the source sends.
   * @default `throttle` where strangers can reach the source, else none: what `throttle` lets through
   */
  readonly admitPerMinute?: number;
  /**
   * How long it may be quiet before an alarm rings: whole hours, up to a week.
   * @default - as long as it likes
   */
  readonly silentAfter?: Duration;
  /**
   * How long the previous secret is accepted after a rotation.
   * @default Duration.hours(24)
   */
  readonly secretOverlap?: Duration;
  /**
   * Keeps its secret in one with those of the other sources that name the same group: Secrets Manager charges by secret.
   * @default - a secret of its own
   */
  readonly secretGroup?: string;
  /**
   * Puts it and its routes into the nested stack of that name: a stack has room for some 16 sources. Chosen once, before
   * the source is deployed, because what moves to another stack is replaced (docs/decisions/019).
   * @default - the stage's own stack
   */
  readonly group?: string;
  /**
   * Gives the provider a new secret every so often, for those that have a file in `lambdas/rotations`.
   * @default - the provider issues its secret, and `hookgate secret set` brings it here
   */
  readonly rotation?: RotationConfig;
  /**
   * The URL as configured at the provider, for providers that sign it.
   * @default - the URL of the request
   */
  readonly url?: string;
  /**
   * `on` keeps up to 20 rejected deliveries a minute for three days, of those that a wrong secret may explain, until the
   * secret is mended and `hookgate inbox release` lets them in. They are written before anybody is proved, so strangers
   * can make you pay for them: $0.15 a day and source for the writes while a flood lasts, and 84 GB at most with bodies of
   * 1 MiB (docs/decisions/018).
   * @default 'off': nothing is kept of what is rejected
   */
  readonly inbox?: 'on' | 'off';
}

export interface RotationConfig {
  /** From 1 to 1,000. */
  readonly everyDays: number;
  /** What the provider's file in `lambdas/rotations` asks for, such as GitHub's `repository` and `hook`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** A name for the secret with the token of the provider's API; `hookgate secret set <source> --credential` fills it. */
  readonly credential: string;
}

/** A route that departs from the defaults; otherwise its processor's name says it all. */
export interface RouteConfig {
  /** `<folder>/<file>` under `lambdas/processors`, without `.ts`. Which events it takes, `on`, is declared in that file. */
  readonly processor: string;
  /**
   * How many batches run at once, of the queue and again of its dead letters; at least 2, as Lambda demands.
   * @default 2
   */
  readonly maximumConcurrency?: number;
  /**
   * The nested stack that it is in, where a source has more than some twenty routes; see the source's `group`.
   * @default - the source's
   */
  readonly group?: string;
}

/** Addresses as CIDRs, IPv4 and IPv6; or everybody, with the reason written down for whoever audits it. */
export type Allow = { readonly cidrs: readonly string[] } | { readonly anywhere: true; readonly reason: string };

/**
 * The addresses that the provider publishes, brought up to date every hour, and CIDRs of your own beside them. `observe`
 * refuses nobody and counts who would be (metric `Unlisted`): begin with it, enforce when it has counted nothing for days.
 */
export interface AllowPublished {
  readonly published: 'observe' | 'enforce';
  readonly cidrs?: readonly string[];
}

export interface Throttle {
  /** At least 10, the least that AWS WAF takes. */
  readonly requestsPerMinute: number;
}

/** What differs between stages. Nothing else in `lib/` knows which stage it is. */
export interface StageConfig {
  /** Whether `cdk deploy` knows it. The local host runs a stage that doesn't deploy. */
  readonly deploys: boolean;
  /** Keeps tables, payloads and secrets when the stack or the resource goes, and protects the tables from deletion. */
  readonly keepsData: boolean;
  /**
   * Replaces the `allow` of every source.
   * @default - each source's own
   */
  readonly allow?: Allow;
  /** Which addresses may call the admin API. Each call needs an IAM signature besides. */
  readonly adminAllow: Allow;
  readonly limits: Limits;
  /**
   * What events are listed by quickly, beside source, time, and what is FAILED or PARKED. Each is paid for with every
   * webhook: $0.63 a million for `type`, $3.13 for `status` (docs/decisions/016).
   * @default - nothing else
   */
  readonly listBy?: readonly ListBy[];
  /** How long logs are kept. */
  readonly logRetention: RetentionDays;
  /**
   * ARN of an SNS topic that alarms are sent to.
   * @default - a topic of this stage, without subscribers
   */
  readonly alarmTopicArn?: string;
  /**
   * A channel of Slack that alarms are shown in; its workspace has to know AWS first (Amazon Q Developer in chat
   * applications, once per account).
   * @default - none
   */
  readonly alarmSlackChannel?: { readonly workspaceId: string; readonly channelId: string };
  /**
   * Where the pages of `docs/runbook` are to be read, without a slash at the end: `https://github.com/acme/hooks/blob/main/docs/runbook`.
   * Whoever is told of an alarm has a link then.
   * @default - the notification has the page's path in the repository
   */
  readonly runbookUrl?: string;
  /**
   * ARN of a managed policy of the account that bounds what any role of the stack may do, whatever it is granted.
   * @default - no boundary
   */
  readonly permissionsBoundaryArn?: string;
  /**
   * ARN of a Lambda code signing configuration. Where it enforces signatures, your pipeline must sign the functions' ZIP
   * files in the assets' bucket before the deployment: CDK signs nothing.
   * @default - code is not checked
   */
  readonly codeSigningConfigArn?: string;
  /**
   * Encrypts tables, payloads, queues, secrets, logs and the alarms' topic with a KMS key of the stage's own, and lets each
   * role use it for what it may do. Costs $1 a month and $0.03 for 10,000 requests to KMS.
   * @default false - keys that AWS owns or manages, at no charge
   */
  readonly customerManagedKey?: boolean;
  /**
   * What becomes of addresses whose signatures keep failing, for ten minutes. Never of one that an allowlist has.
   * @default 'observe': they are counted
   */
  readonly blocking?: 'observe' | 'enforce';
  /** @default 'tls12-strict' */
  readonly tls?: Tls;
  /**
   * A host name of your own. The API has no other then: its `execute-api` address is switched off.
   * @default - the address that API Gateway gives
   */
  readonly domain?: Domain;
  /**
   * Gives the API a policy of its own besides the web ACL: it holds `adminAllow` where the web ACL is taken off.
   * @default false
   */
  readonly apiPolicy?: boolean;
}

export interface Domain {
  /** `hooks.example.com` */
  readonly name: string;
  /** Of ACM, in the stage's region. */
  readonly certificateArn: string;
  /** For `tls: 'mtls'`: `s3://bucket/key` of the authorities whose certificates are accepted, as PEM. */
  readonly truststore?: string;
}

/** From the outside in: each is checked before the next. */
export interface Limits {
  /** Of one address, over everything it calls. */
  readonly perAddress: Throttle;
  /** Of one source, unless the source says otherwise. */
  readonly perSource: Throttle;
  /** Of all webhooks together. API Gateway counts it, with a token bucket. */
  readonly webhooks: Bucket;
  /** Of the admin API, likewise. */
  readonly admin: Bucket;
}

export interface Bucket {
  readonly requestsPerSecond: number;
  /** How many may come at one moment after a pause. */
  readonly burst: number;
}

export const config = {
  sources: [
    {
      name: 'scalekit',
      provider: 'scalekit',
      // 54.236.0.0/16 is a range that many AWS customers share, so it proves little by itself: the signature does.
      allow: { cidrs: ['52.206.68.0/24', '54.236.0.0/16'] },
      routes: ['scalekit/user-created', 'scalekit/user-updated'],
    },
    {
      name: 'inkress',
      provider: 'inkress',
      allow: { anywhere: true, reason: 'Inkress publishes no addresses that it sends from.' },
      silentAfter: Duration.hours(24),
      routes: ['inkress/payment-success', 'inkress/payment-failed', 'inkress/payout-completed'],
    },
    {
      name: 'skribby',
      provider: 'skribby',
      allow: { anywhere: true, reason: 'Skribby publishes no addresses that it sends from.' },
      routes: ['skribby/status-update'],
    },
  ],
  stages: {
    local: {
      deploys: false,
      keepsData: false,
      allow: { cidrs: ['127.0.0.1/32', '::1/128'] },
      adminAllow: { cidrs: ['127.0.0.1/32', '::1/128'] },
      // Everything comes from one address here, load tests included.
      limits: {
        perAddress: { requestsPerMinute: 120_000 },
        perSource: { requestsPerMinute: 60_000 },
        webhooks: { requestsPerSecond: 1_000, burst: 2_000 },
        admin: { requestsPerSecond: 100, burst: 500 },
      },
      // Costs nothing here.
      listBy: ['type', 'status'],
      logRetention: RetentionDays.ONE_WEEK,
    },
    dev: {
      deploys: true,
      keepsData: true,
      adminAllow: { anywhere: true, reason: 'Every call needs an IAM signature; the office has no fixed address.' },
      limits: {
        perAddress: { requestsPerMinute: 1_200 },
        perSource: { requestsPerMinute: 3_000 },
        webhooks: { requestsPerSecond: 50, burst: 100 },
        admin: { requestsPerSecond: 5, burst: 10 },
      },
      logRetention: RetentionDays.TWO_WEEKS,
    },
    prod: {
      deploys: true,
      keepsData: true,
      adminAllow: { anywhere: true, reason: 'Every call needs an IAM signature; the office has no fixed address.' },
      // A provider sends from few addresses, and a bulk change at its side arrives as a burst from one of them.
      limits: {
        perAddress: { requestsPerMinute: 12_000 },
        perSource: { requestsPerMinute: 12_000 },
        webhooks: { requestsPerSecond: 500, burst: 1_000 },
        admin: { requestsPerSecond: 10, burst: 20 },
      },
      logRetention: RetentionDays.ONE_MONTH,
    },
  },
} satisfies GatewayConfig;
