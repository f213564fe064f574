import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { ALLOWLIST_DRIFT_METRIC, DIMENSION, metricsNamespace } from '../../lambdas/core/metrics.ts';
import { functionLink } from '../console-links.ts';
import type { AlarmRule } from './rule.ts';

export const allowlistDrift: AlarmRule = {
  name: 'allowlist-drift',
  meaning: 'The addresses that a provider publishes are not those in force: its deliveries may be refused soon.',
  watch: ({ stage, allowlists }) => {
    if (!allowlists) return [];
    return allowlists.sources.map((source) => ({
      id: source,
      metric: new Metric({
        namespace: metricsNamespace(stage),
        metricName: ALLOWLIST_DRIFT_METRIC,
        dimensionsMap: { [DIMENSION.source]: source },
        period: Duration.minutes(5),
        statistic: 'Sum',
      }),
      threshold: 0,
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      // It is emitted while they differ only, so silence is what is wanted.
      whenMissing: TreatMissingData.NOT_BREACHING,
      link: functionLink(allowlists.function.lambda.functionName),
    }));
  },
};
