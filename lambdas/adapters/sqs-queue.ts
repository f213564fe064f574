import { GetQueueAttributesCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Queue } from '../core/ports.ts';
import { type Gateway, queueName } from '../core/source.ts';

/** Sends to the main queue of a route. All queues share one URL up to their name. */
export function sqsQueue(client: SQSClient, queueUrlBase: string, gateway: Gateway): Queue {
  const urlOf = mainQueues(queueUrlBase, gateway);
  return {
    async send({ source, route, body, group, deduplicationId }) {
      const { url, fifo } = urlOf(`${source}/${route}`);
      await client.send(
        new SendMessageCommand({
          QueueUrl: url,
          MessageBody: body,
          ...(fifo && { MessageGroupId: group, MessageDeduplicationId: deduplicationId }),
        }),
      );
    },
  };
}

/** About how many messages the main queue of a route (`<source>/<route>`) holds: waiting, and waiting for their time. */
export function queueDepth(client: SQSClient, queueUrlBase: string, gateway: Gateway) {
  const urlOf = mainQueues(queueUrlBase, gateway);
  return async (name: string): Promise<number> => {
    const { Attributes = {} } = await client.send(
      new GetQueueAttributesCommand({
        QueueUrl: urlOf(name).url,
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
    );
    return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
  };
}

/** The main queues by `<source>/<route>`. */
export function mainQueues(queueUrlBase: string, { stage, sources }: Gateway) {
  const queues = new Map<string, { readonly url: string; readonly fifo: boolean }>(
    sources.flatMap(({ name: source, routes }) =>
      routes.map((route) => {
        const url = `${queueUrlBase}/${queueName(stage, source, route, 'main')}`;
        return [`${source}/${route.name}`, { url, fifo: route.ordered !== undefined }] as const;
      }),
    ),
  );
  return (name: string) => {
    const queue = queues.get(name);
    // A record may be older than the configuration.
    if (!queue) throw new Error(`There is no route ${name} in gateway.json, so there is no queue to send to.`);
    return queue;
  };
}
