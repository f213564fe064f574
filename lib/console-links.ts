import { Aws } from 'aws-cdk-lib';

/** Pages of the AWS console, for outputs, alarms and the dashboard: an operator gets to the thing in one click. */
const CONSOLE = `https://${Aws.REGION}.console.aws.amazon.com`;

/** A queue's page; "Start DLQ redrive" is on it. */
export function queueLink(queueName: string): string {
  const url = `https%3A%2F%2Fsqs.${Aws.REGION}.${Aws.URL_SUFFIX}%2F${Aws.ACCOUNT_ID}%2F${queueName}`;
  return `${CONSOLE}/sqs/v3/home?region=${Aws.REGION}#/queues/${url}`;
}

export function dashboardLink(dashboardName: string): string {
  return `${CONSOLE}/cloudwatch/home?region=${Aws.REGION}#dashboards:name=${dashboardName}`;
}

/** A function's page, with its logs and traces a tab away. */
export function functionLink(functionName: string): string {
  return `${CONSOLE}/lambda/home?region=${Aws.REGION}#/functions/${functionName}?tab=monitoring`;
}
