import type { Json } from '../aws/json-server.ts';
import type { MetricAlarm } from '../cloudwatch/alarm.ts';
import type { CompositeAlarm } from '../cloudwatch/composite-alarm.ts';
import type { LambdaFunction } from '../lambda/lambda-function.ts';
import type { Statement, WafAction } from '../waf/rules.ts';

/** Everything that the template asks for, in the words of the parts that run it. The resource types fill the lists. */
export interface Desired {
  readonly tables: { readonly create: Json; readonly timeToLive?: Json }[];
  readonly queues: { readonly name: string; readonly attributes: Readonly<Record<string, string>> }[];
  readonly secrets: {
    readonly name: string;
    readonly description?: string;
    readonly value: () => string | undefined;
  }[];
  /** How secrets are rotated. */
  readonly rotations: {
    readonly secretArn: string;
    readonly functionArn: string;
    readonly everyDays: number;
    /** Whether one starts at once. */
    readonly immediately: boolean;
  }[];
  readonly buckets: { readonly name: string }[];
  readonly functions: Omit<LambdaFunction, 'background'>[];
  readonly roles: Role[];
  readonly policies: Policy[];
  readonly resourcePolicies: ResourcePolicy[];
  /** ARN of the KMS key by the ARN of the resource that it encrypts. */
  readonly keys: Map<string, string>;
  readonly mappings: EventSourceMapping[];
  readonly schedules: Schedule[];
  readonly restApis: { readonly id: string; readonly name: string; readonly binaryMediaTypes: readonly string[] }[];
  readonly apiResources: { readonly id: string; readonly parentId: string; readonly pathPart: string }[];
  readonly methods: ApiMethod[];
  readonly stages: ApiStage[];
  readonly gatewayResponses: GatewayResponse[];
  readonly webAcls: WebAcl[];
  /** Address blocks by the ARN of their set. */
  readonly ipSets: Map<string, readonly string[]>;
  /** Whether the API's stage has a web ACL, and which. */
  readonly associations: { readonly webAclArn: string }[];
  readonly metricAlarms: MetricAlarm[];
  readonly compositeAlarms: CompositeAlarm[];
  /** Of the API's access log. */
  readonly metricFilters: MetricFilter[];
  readonly logStreams: { readonly group: string; readonly name: string }[];
  /** Functions that get what is written to a log group. */
  readonly subscriptions: { readonly group: string; readonly functionArn: string }[];
}

/** `AWS::IAM::Role`. Documents are as the template has them, intrinsic functions resolved. */
export interface Role {
  readonly id: string;
  readonly name: string;
  readonly arn: string;
  readonly inline: readonly unknown[];
  readonly managedPolicyArns: readonly string[];
  readonly boundaryArn?: string;
}

/** A policy of roles: `AWS::IAM::Policy`, or `AWS::IAM::ManagedPolicy`, which has an ARN. */
export interface Policy {
  readonly id: string;
  readonly document: unknown;
  /** Names of the roles that it is attached to. */
  readonly roles: readonly string[];
  readonly arn?: string;
}

/** Of a queue, a bucket, a secret or a key. */
export interface ResourcePolicy {
  readonly id: string;
  readonly resourceArn: string;
  readonly document: unknown;
}

/** Measures `value` for each log line that has all of its terms. */
export interface MetricFilter {
  readonly terms: readonly FilterTerm[];
  readonly namespace: string;
  readonly name: string;
  readonly value: number;
}

/** One field of a JSON line, and the text that it is or is not, in which `*` stands for any. */
export interface FilterTerm {
  readonly field: string;
  readonly text: string;
  readonly is: boolean;
}

export interface EventSourceMapping {
  readonly id: string;
  readonly queueArn: string;
  /** Name or ARN. */
  readonly function: string;
  readonly batchSize: number;
  readonly windowSeconds: number;
  readonly reportsItemFailures: boolean;
  readonly maximumConcurrency: number;
  readonly enabled: boolean;
}

export interface Schedule {
  readonly name: string;
  readonly everyMs: number;
  readonly functionArn: string;
  /** What the function gets instead of the usual event. */
  readonly input?: string;
}

export interface ApiMethod {
  readonly resourceId: string;
  /** `POST`, or `ANY`. */
  readonly httpMethod: string;
  readonly authorization: 'NONE' | 'AWS_IAM';
  readonly functionArn: string;
  readonly timeoutMs: number;
}

export interface ApiStage {
  readonly name: string;
  /** A line of its access log, with `$context.…` in it; none: it keeps none. */
  readonly accessLogFormat?: string;
  readonly throttles: readonly Throttle[];
}

export interface Throttle {
  /** `POST`, or `*`. */
  readonly httpMethod: string;
  /** `/webhooks/{source}`, or `/*`. */
  readonly resourcePath: string;
  readonly perSecond: number;
  readonly burst: number;
}

export interface GatewayResponse {
  /** `THROTTLED`, `DEFAULT_5XX`, … */
  readonly type: string;
  readonly status?: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly template?: string;
}

export interface WebAcl {
  readonly arn: string;
  /** As metrics call it. */
  readonly metricName: string;
  readonly defaultAction: WafAction;
  readonly rules: readonly WafRule[];
  readonly bodies: Readonly<Record<string, { readonly contentType: string; readonly content: string }>>;
}

export interface WafRule {
  readonly name: string;
  readonly priority: number;
  readonly action: WafAction;
  readonly labels: readonly string[];
  readonly statement: Statement;
}

export function nothingDesired(): Desired {
  return {
    tables: [],
    queues: [],
    secrets: [],
    rotations: [],
    buckets: [],
    functions: [],
    roles: [],
    policies: [],
    resourcePolicies: [],
    keys: new Map(),
    mappings: [],
    schedules: [],
    restApis: [],
    apiResources: [],
    methods: [],
    stages: [],
    gatewayResponses: [],
    webAcls: [],
    ipSets: new Map(),
    associations: [],
    metricAlarms: [],
    compositeAlarms: [],
    metricFilters: [],
    logStreams: [],
    subscriptions: [],
  };
}
