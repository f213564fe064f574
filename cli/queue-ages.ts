import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';

const MINUTE_MS = 60_000;
/** SQS reports each minute, some minutes late; the newest of these counts. */
const LOOK_BACK_MS = 10 * MINUTE_MS;
/** Of one call. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html */
const MOST_QUERIES = 500;

/**
 * Seconds since the oldest message of each queue was sent, as CloudWatch knew it last; of a queue of dead letters since it
 * came there. A queue that is not in it has no age: it was empty for hours, or CloudWatch has not heard of it yet.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 */
export async function oldestAges(
  client: CloudWatchClient,
  queues: readonly string[],
  now: number,
): Promise<ReadonlyMap<string, number>> {
  const { GetMetricDataCommand } = await import('@aws-sdk/client-cloudwatch');
  const ages = new Map<string, number>();
  for (let start = 0; start < queues.length; start += MOST_QUERIES) {
    const asked = queues.slice(start, start + MOST_QUERIES);
    const { MetricDataResults = [] } = await client.send(
      new GetMetricDataCommand({
        StartTime: new Date(Math.floor((now - LOOK_BACK_MS) / MINUTE_MS) * MINUTE_MS),
        EndTime: new Date(Math.ceil((now + 1) / MINUTE_MS) * MINUTE_MS),
        ScanBy: 'TimestampDescending',
        MetricDataQueries: asked.map((queue, at) => ({
          Id: `q${at}`,
          MetricStat: {
            Metric: {
              Namespace: 'AWS/SQS',
              MetricName: 'ApproximateAgeOfOldestMessage',
              Dimensions: [{ Name: 'QueueName', Value: queue }],
            },
            Period: 60,
            Stat: 'Maximum',
          },
        })),
      }),
    );
    for (const { Id, Values: [newest] = [] } of MetricDataResults) {
      const queue = asked[Number(Id?.slice(1))];
      if (queue !== undefined && newest !== undefined) ages.set(queue, newest);
    }
  }
  return ages;
}
