import { Aws, Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { DELIVERY_METRIC, DIMENSION, metricsNamespace } from '../../lambdas/core/metrics.ts';
import { dashboardLink } from '../console-links.ts';
import type { AlarmRule } from './rule.ts';

export const silence: AlarmRule = {
  name: 'silence',
  meaning: 'A source that usually speaks is quiet: its provider has stopped sending, or sends to somewhere else.',
  watch: ({ stage, sources, silences }) =>
    sources.flatMap((source) => {
      const hours = silences.get(source);
      if (hours === undefined) return [];
      return {
        id: source,
        metric: new Metric({
          namespace: metricsNamespace(stage),
          metricName: DELIVERY_METRIC.received,
          dimensionsMap: { [DIMENSION.source]: source },
          period: Duration.hours(1),
          statistic: 'Sum',
        }),
        threshold: 1,
        comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
        // A period alone may last a day at most; so many of an hour, all of them quiet.
        periods: hours,
        // Nobody counts what does not come, so silence is the very thing.
        whenMissing: TreatMissingData.BREACHING,
        link: dashboardLink(Aws.STACK_NAME),
      };
    }),
};
