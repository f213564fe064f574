import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { functionLink } from '../console-links.ts';
import type { AlarmRule } from './rule.ts';

export const verifier5xx: AlarmRule = {
  name: 'verifier-5xx',
  meaning:
    'Requests were answered 5xx: a fault of ours, and each webhook among them depends on its provider to come again.',
  watch: ({ api, verifier }) => [
    {
      id: 'api',
      // Of the API and not of the function: it counts the 503 that the verifier answers, its crashes, and its timeouts.
      metric: api.metricServerError({
        period: Duration.minutes(5),
        statistic: 'Sum',
        dimensionsMap: { ApiName: api.restApiName, Stage: api.deploymentStage.stageName },
      }),
      threshold: 0,
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      // No requests, so none that failed.
      whenMissing: TreatMissingData.NOT_BREACHING,
      link: functionLink(verifier.lambda.functionName),
    },
  ],
};
