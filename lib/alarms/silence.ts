import { Aws, Duration } from 'aws-cdk-lib';
import { ComparisonOperator, type IMetric, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { DELIVERY_METRIC, DIMENSION, metricsNamespace } from '../../lambdas/core/metrics.ts';
import { dashboardLink } from '../console-links.ts';
import { summed } from '../counted.ts';
import type { AlarmRule } from './rule.ts';

const PERIOD = Duration.hours(1);

export const silence: AlarmRule = {
  name: 'silence',
  meaning:
    'A source that usually speaks is quiet: its provider has stopped sending, sends to somewhere else, or all it sends is refused.',
  watch: ({ stage, sources, silences }) =>
    sources.flatMap((source) => {
      const hours = silences.get(source);
      if (hours === undefined) return [];
      return {
        id: source,
        // Proved ones: what anybody sends is no sign of life.
        metric: summed('proved deliveries', PERIOD, proved(stage, source)),
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

const { accepted, duplicate, filtered } = DELIVERY_METRIC;

function proved(stage: string, source: string): Readonly<Record<string, IMetric>> {
  return Object.fromEntries(
    Object.entries({ accepted, duplicate, filtered }).map(([name, metricName]) => [
      name,
      new Metric({
        namespace: metricsNamespace(stage),
        metricName,
        dimensionsMap: { [DIMENSION.source]: source },
        period: PERIOD,
        statistic: 'Sum',
      }),
    ]),
  );
}
