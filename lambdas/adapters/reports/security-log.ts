import { CloudWatchLogsClient, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { SecurityLogSettings } from '../../settings.ts';
import type { RefusedAttempt } from './delivery-report.ts';

/**
 * Refused attempts go to a log group of their own, so that whoever may read them need not see what was accepted, and
 * they can be kept longer. One stream takes them all: writers need no sequence token any more.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
 *
 * @param onFailure a sender is answered all the same: the metric has counted the attempt
 */
export function securityLog(settings: SecurityLogSettings, onFailure: (error: unknown) => void) {
  // Two tries, not more: somebody waits for a refusal.
  const client = new CloudWatchLogsClient({
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 500, requestTimeout: 1_000, throwOnRequestTimeout: true },
  });
  return async (attempts: readonly RefusedAttempt[]): Promise<void> => {
    const logEvents = attempts.map((attempt) => ({
      timestamp: Date.parse(attempt.time),
      message: JSON.stringify(attempt),
    }));
    try {
      await client.send(new PutLogEventsCommand({ ...settings, logEvents }));
    } catch (error) {
      onFailure(error);
    }
  };
}
