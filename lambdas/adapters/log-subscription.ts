import { gunzipSync } from 'node:zlib';
import type { CloudWatchLogsEvent } from 'aws-lambda';

/** CloudWatch Logs sends 1 MB at most, compressed. */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * The lines that a subscription of a log group brings, each as the JSON object that it is; other lines are left out.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
 */
export function linesOf({ awslogs }: CloudWatchLogsEvent): readonly Readonly<Record<string, unknown>>[] {
  const text = gunzipSync(Buffer.from(awslogs.data, 'base64'), { maxOutputLength: MOST_BYTES }).toString('utf8');
  const { logEvents } = JSON.parse(text) as { readonly logEvents: readonly { readonly message: string }[] };
  return logEvents.flatMap(({ message }) => {
    try {
      const line: unknown = JSON.parse(message);
      return typeof line === 'object' && line !== null ? [{ ...line }] : [];
    } catch {
      // CloudWatch Logs sends lines of its own as well, to see whether the function answers.
      return [];
    }
  });
}
