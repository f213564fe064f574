import { Aws, Duration } from 'aws-cdk-lib';
import { ComparisonOperator, MathExpression, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { DIMENSION, LEDGER_METRIC, metricsNamespace } from '../../lambdas/core/metrics.ts';
import { dashboardLink } from '../console-links.ts';
import type { AlarmRule } from './rule.ts';

// In every minute of fifteen: a queue that was behind for a moment has caught up by then.
const PERIOD = Duration.minutes(15);

export const ledgerMismatch: AlarmRule = {
  name: 'ledger-mismatch',
  meaning:
    'Events that were accepted are missing, or have not moved on when they should have: their messages may be lost.',
  watch: ({ stage, sources }) =>
    sources.map((source) => {
      const metric = (metricName: string) =>
        new Metric({
          namespace: metricsNamespace(stage),
          metricName,
          dimensionsMap: { [DIMENSION.source]: source },
          period: PERIOD,
          statistic: 'Minimum',
        });
      return {
        id: source,
        metric: new MathExpression({
          expression: 'overdue + missing',
          label: 'not accounted for',
          period: PERIOD,
          usingMetrics: { overdue: metric(LEDGER_METRIC.overdue), missing: metric(LEDGER_METRIC.missing) },
        }),
        threshold: 0,
        comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
        // The sweeper emits both every minute. Once it has begun, silence means that nobody sweeps.
        whenMissing: TreatMissingData.MISSING,
        tellsOfSilence: true,
        link: dashboardLink(Aws.STACK_NAME),
      };
    }),
};
