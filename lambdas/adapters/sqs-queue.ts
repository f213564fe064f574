import { GetQueueAttributesCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Queue } from '../core/ports.ts';
import { queueName } from '../core/source.ts';

/** Sends to the main queue of a route. All queues share one URL up to their name. */
export function sqsQueue(client: SQSClient, queueUrlBase: string, stage: string): Queue {
  return {
    async send({ source, route, body }) {
      const QueueUrl = `${queueUrlBase}/${queueName(stage, source, route, 'main')}`;
      await client.send(new SendMessageCommand({ QueueUrl, MessageBody: body }));
    },
  };
}

/** About how many messages the main queue of a route (`<source>/<route>`) holds: waiting, and waiting for their time. */
export function queueDepth(client: SQSClient, queueUrlBase: string, stage: string) {
  return async (name: string): Promise<number> => {
    const [source = '', route = ''] = name.split('/');
    const { Attributes = {} } = await client.send(
      new GetQueueAttributesCommand({
        QueueUrl: `${queueUrlBase}/${queueName(stage, source, route, 'main')}`,
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
    );
    return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
  };
}
