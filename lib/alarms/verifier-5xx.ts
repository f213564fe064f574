import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { FAULT_METRIC, metricsNamespace } from '../../lambdas/core/metrics.ts';
import { functionLink } from '../console-links.ts';
import type { AlarmRule } from './rule.ts';

export const verifier5xx: AlarmRule = {
  name: 'verifier-5xx',
  meaning: 'Webhooks were answered 5xx: a fault of ours, and each among them depends on its provider to come again.',
  watch: ({ stage, verifier }) => [
    {
      id: 'api',
      // Of the access log and not of the function: it has the 503 that the verifier answers, its crashes, and its timeouts.
      // API Gateway's own metric counts the admin API with it.
      metric: new Metric({
        namespace: metricsNamespace(stage),
        metricName: FAULT_METRIC,
        period: Duration.minutes(5),
        statistic: 'Sum',
      }),
      threshold: 0,
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      // Lines of other answers give no data, so silence is what is wanted.
      whenMissing: TreatMissingData.NOT_BREACHING,
      link: functionLink(verifier.lambda.functionName),
    },
  ],
};
