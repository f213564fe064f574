import type { ComparisonOperator, IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import type { Allowlists } from '../allowlists.ts';
import type { RefusedBy } from '../web-acl.ts';
import type { GatewayFunction } from '../gateway-function.ts';
import type { Route } from '../route.ts';

/**
 * One reason to wake somebody. A rule is a file here, a line in `list.ts` and a page `docs/runbook/<name>.md`.
 *
 * @example
 * export const parked: AlarmRule = {
 *   name: 'parked',
 *   meaning: 'Events wait for a person.',
 *   watch: ({ routes }) => routes.map((route) => ({ … })),
 * };
 */
export interface AlarmRule {
  /** Of the file and of the runbook page too. */
  readonly name: string;
  /** First sentence of the alarm's text: what is wrong, in an operator's words. */
  readonly meaning: string;
  readonly watch: (gateway: Watched) => readonly Watch[];
}

/** Rings while any alarm of its rules does. A file here too, with a page. */
export interface CompositeRule {
  readonly name: string;
  readonly meaning: string;
  readonly of: readonly AlarmRule[];
}

/** What there is to watch. */
export interface Watched {
  readonly stage: string;
  readonly sources: readonly string[];
  readonly routes: readonly Route[];
  readonly api: RestApi;
  readonly verifier: GatewayFunction;
  readonly sweeper: GatewayFunction;
  /** After how many hours without a delivery a source is too quiet; sources that may be quiet are not in it. */
  readonly silences: ReadonlyMap<string, number>;
  /** Where a source's secret is rotated by itself. */
  readonly rotation?: GatewayFunction;
  readonly blocker: GatewayFunction;
  /** What controls the breakers of these routes, by a name that is unique in the stage. */
  readonly controllers: Readonly<Record<string, GatewayFunction>>;
  /** What the web ACL refuses by. */
  readonly refusedBy: RefusedBy;
  /** Where a source follows the addresses that its provider publishes. */
  readonly allowlists?: Pick<Allowlists, 'function' | 'sources'>;
}

/** One alarm. It rings when the metric is as `comparison` says in every one of its periods. */
export interface Watch {
  /** What it watches: a source, a route; a word that stays, because it is part of the alarm's logical id. */
  readonly id: string;
  readonly metric: IMetric;
  readonly threshold: number;
  readonly comparison: ComparisonOperator;
  /** @default 1 */
  readonly periods?: number;
  /** What silence means, with the reason where it is chosen. */
  readonly whenMissing: TreatMissingData;
  /**
   * Whoever is told of the alarm is also told when its data ends. A new alarm has none yet and says nothing.
   * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
   */
  readonly tellsOfSilence?: true;
  /** It rings for itself alone: no alarm that is composed of its rule rings for it. */
  readonly alone?: true;
  /** The console page to look at first. */
  readonly link: string;
}
