import { Aws, Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { DIMENSION, metricsNamespace, OVERDUE_METRIC } from '../../lambdas/core/metrics.ts';
import { dashboardLink } from '../console-links.ts';
import type { AlarmRule } from './rule.ts';

export const ledgerMismatch: AlarmRule = {
  name: 'ledger-mismatch',
  meaning: 'Events that were accepted have not moved on when they should have: their messages may be lost.',
  watch: ({ stage, sources }) =>
    sources.map((source) => ({
      id: source,
      metric: new Metric({
        namespace: metricsNamespace(stage),
        metricName: OVERDUE_METRIC,
        dimensionsMap: { [DIMENSION.source]: source },
        // In every minute of fifteen: a queue that was behind for a moment has caught up by then.
        period: Duration.minutes(15),
        statistic: 'Minimum',
      }),
      threshold: 0,
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      // The sweeper emits it every minute, so silence means that nobody sweeps.
      whenMissing: TreatMissingData.BREACHING,
      link: dashboardLink(Aws.STACK_NAME),
    })),
};
