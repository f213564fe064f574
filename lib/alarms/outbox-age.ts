import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { DIMENSION, metricsNamespace, OUTBOX_AGE_METRIC } from '../../lambdas/core/metrics.ts';
import { functionLink } from '../console-links.ts';
import type { AlarmRule } from './rule.ts';

/** The sweeper has tried four times by then: after one minute, three, seven and fifteen. */
const OLDEST = Duration.minutes(15);

export const outboxAge: AlarmRule = {
  name: 'outbox-age',
  meaning: 'Events that were accepted wait for their queue, and sending them again has not helped.',
  watch: ({ stage, sources, sweeper }) =>
    sources.map((source) => ({
      id: source,
      metric: new Metric({
        namespace: metricsNamespace(stage),
        metricName: OUTBOX_AGE_METRIC,
        dimensionsMap: { [DIMENSION.source]: source },
        period: Duration.minutes(5),
        statistic: 'Maximum',
      }),
      threshold: OLDEST.toSeconds(),
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      // A sweeper that doesn't run is what "ledger-mismatch" rings for; twice would say no more.
      whenMissing: TreatMissingData.NOT_BREACHING,
      link: functionLink(sweeper.lambda.functionName),
    })),
};
