import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { DIMENSION, metricsNamespace, PROCESSING_METRIC } from '../../lambdas/core/metrics.ts';
import { functionLink } from '../console-links.ts';
import { counted } from '../counted.ts';
import type { AlarmRule } from './rule.ts';

/** In five minutes. */
const MOST_FAILED = 10;

export const failures: AlarmRule = {
  name: 'failures',
  meaning:
    'A processor fails again and again. Its events are kept and tried again, and parked when their attempts are spent.',
  watch: ({ stage, routes }) =>
    routes.map((route) => ({
      id: route.fullName,
      metric: counted(
        new Metric({
          namespace: metricsNamespace(stage),
          metricName: PROCESSING_METRIC.failed,
          dimensionsMap: { [DIMENSION.source]: route.source, [DIMENSION.route]: route.routeName },
          period: Duration.minutes(5),
          statistic: 'Sum',
        }),
      ),
      threshold: MOST_FAILED,
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      // The processor emits it only for a failure, so silence is what is wanted.
      whenMissing: TreatMissingData.NOT_BREACHING,
      link: functionLink(route.processor.lambda.functionName),
    })),
};
