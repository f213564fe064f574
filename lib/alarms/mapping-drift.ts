import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { BREAKER_METRIC, DIMENSION, metricsNamespace } from '../../lambdas/core/metrics.ts';
import { functionLink } from '../console-links.ts';
import type { AlarmRule } from './rule.ts';

export const mappingDrift: AlarmRule = {
  name: 'mapping-drift',
  meaning: 'An event source mapping was not as Hookgate had set it, disabled for example, and was set right.',
  watch: ({ stage, routes }) =>
    routes.map((route) => ({
      id: route.fullName,
      metric: new Metric({
        namespace: metricsNamespace(stage),
        metricName: BREAKER_METRIC.drift,
        dimensionsMap: { [DIMENSION.source]: route.source, [DIMENSION.route]: route.routeName },
        period: Duration.minutes(5),
        statistic: 'Sum',
      }),
      threshold: 0,
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      // The controller emits it only when it finds one, so silence is what is wanted.
      whenMissing: TreatMissingData.NOT_BREACHING,
      link: functionLink(route.processor.lambda.functionName),
    })),
};
