import { type CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { Clock } from '../core/ports.ts';
import type { Gateway } from '../core/source.ts';
import { mainQueues } from './sqs-queue.ts';

const MINUTE_MS = 60_000;
/** SQS reports each minute, some minutes late; the newest of these counts. */
const LOOK_BACK_MS = 10 * MINUTE_MS;

/**
 * When the oldest message of a route's main queue was sent, as CloudWatch knew it last.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 */
export function oldestMessage(client: CloudWatchClient, gateway: Gateway, clock: Clock) {
  const urlOf = mainQueues('', gateway);
  return async (route: string): Promise<number | undefined> => {
    const now = clock.now();
    const { MetricDataResults: [result] = [] } = await client.send(
      new GetMetricDataCommand({
        StartTime: new Date(Math.floor((now - LOOK_BACK_MS) / MINUTE_MS) * MINUTE_MS),
        EndTime: new Date(Math.ceil((now + 1) / MINUTE_MS) * MINUTE_MS),
        ScanBy: 'TimestampDescending',
        MetricDataQueries: [
          {
            Id: 'age',
            MetricStat: {
              Metric: {
                Namespace: 'AWS/SQS',
                MetricName: 'ApproximateAgeOfOldestMessage',
                Dimensions: [{ Name: 'QueueName', Value: urlOf(route).url.slice(1) }],
              },
              Period: 60,
              Stat: 'Maximum',
            },
          },
        ],
      }),
    );
    const newest = result?.Values?.[0];
    return newest === undefined ? undefined : now - newest * 1000;
  };
}
