import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { functionLink } from '../console-links.ts';
import type { AlarmRule } from './rule.ts';

export const secretRotationFailed: AlarmRule = {
  name: 'secret-rotation-failed',
  meaning: 'A step of a secret’s rotation failed. The rotation stays open, and both secrets are accepted meanwhile.',
  watch: ({ rotation }) =>
    rotation === undefined
      ? []
      : [
          {
            id: 'function',
            metric: rotation.lambda.metricErrors({ period: Duration.minutes(5), statistic: 'Sum' }),
            threshold: 0,
            comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
            // It runs once in weeks.
            whenMissing: TreatMissingData.NOT_BREACHING,
            link: functionLink(rotation.lambda.functionName),
          },
        ],
};
