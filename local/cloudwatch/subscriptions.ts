import { gzipSync } from 'node:zlib';
import type { Desired } from '../template/desired.ts';

/**
 * Brings what is written to a log group to the functions that subscribe to it, as CloudWatch Logs does. What fails there
 * is in the function's log.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
 */
export function subscriptionSender(
  { subscriptions }: Pick<Desired, 'subscriptions'>,
  invoke: (functionArn: string, event: string) => void,
): (group: string, messages: readonly string[]) => void {
  return (group, messages) => {
    for (const { functionArn } of subscriptions.filter((one) => one.group === group)) {
      const logEvents = messages.map((message, at) => ({ id: String(at), timestamp: Date.now(), message }));
      const batch = { messageType: 'DATA_MESSAGE', logGroup: group, logEvents };
      invoke(functionArn, JSON.stringify({ awslogs: { data: gzipSync(JSON.stringify(batch)).toString('base64') } }));
    }
  };
}
