import {
  GetQueueAttributesCommand,
  ListMessageMoveTasksCommand,
  type SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import type { QueueHop, QueueMove, RouteQueues } from '../core/admin/queues.ts';
import { type Gateway, queueName, type Route } from '../core/source.ts';

const STATUSES = ['RUNNING', 'COMPLETED', 'CANCELLING', 'CANCELLED', 'FAILED'] as const;

/** The three queues of each route, for people. All queues share one URL up to their name. */
export function routeQueues(client: SQSClient, queueUrlBase: string, { stage, sources }: Gateway): RouteQueues {
  const routes = new Map(
    sources.flatMap(({ name: source, routes }) =>
      routes.map((route): [string, { source: string; route: Route }] => [`${source}/${route.name}`, { source, route }]),
    ),
  );
  function nameOf(name: string, hop: QueueHop): string {
    const found = routes.get(name);
    if (!found) throw new Error(`There is no route ${name} in gateway.json.`);
    return queueName(stage, found.source, found.route, hop);
  }
  async function attributesOf(name: string, hop: QueueHop) {
    const { Attributes = {} } = await client.send(
      new GetQueueAttributesCommand({
        QueueUrl: `${queueUrlBase}/${nameOf(name, hop)}`,
        AttributeNames: [
          'QueueArn',
          'ApproximateNumberOfMessages',
          'ApproximateNumberOfMessagesNotVisible',
          'ApproximateNumberOfMessagesDelayed',
        ],
      }),
    );
    return Attributes;
  }
  async function arnOf(name: string, hop: QueueHop): Promise<string> {
    return (await attributesOf(name, hop)).QueueArn ?? '';
  }
  async function lastMove(name: string, from: 'dead' | 'parked'): Promise<QueueMove | undefined> {
    const { Results = [] } = await client.send(
      new ListMessageMoveTasksCommand({ SourceArn: await arnOf(name, from), MaxResults: 1 }),
    );
    const [last] = Results;
    if (!last) return undefined;
    const to = (['main', 'parked'] as const).find((hop) => last.DestinationArn?.endsWith(`:${nameOf(name, hop)}`));
    return {
      to: to ?? null,
      status: STATUSES.find((status) => status === last.Status) ?? 'RUNNING',
      moved: last.ApproximateNumberOfMessagesMoved ?? 0,
      toMove: last.ApproximateNumberOfMessagesToMove ?? null,
      reason: last.FailureReason ?? null,
    };
  }
  return {
    lastMove,

    async depth(name, hop) {
      const attributes = await attributesOf(name, hop);
      const count = (attribute: keyof typeof attributes) => Number(attributes[attribute] ?? 0);
      return {
        visible: count('ApproximateNumberOfMessages'),
        hidden: count('ApproximateNumberOfMessagesNotVisible') + count('ApproximateNumberOfMessagesDelayed'),
      };
    },

    async move(name, from, to, perSecond) {
      // SQS runs one at a time from a queue: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
      const last = await lastMove(name, from);
      if (last?.status === 'RUNNING' || last?.status === 'CANCELLING') return false;
      await client.send(
        new StartMessageMoveTaskCommand({
          SourceArn: await arnOf(name, from),
          // Always named: what was moved there by hand has no source that SQS would know to return it to.
          DestinationArn: await arnOf(name, to),
          ...(perSecond !== undefined && { MaxNumberOfMessagesPerSecond: perSecond }),
        }),
      );
      return true;
    },
  };
}
