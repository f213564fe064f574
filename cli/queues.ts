import {
  CancelMessageMoveTaskCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListMessageMoveTasksCommand,
  type ListMessageMoveTasksResultEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { awsFailure } from './connection.ts';
import { Failure } from './failure.ts';

/** One queue as SQS describes it. Its counts are near enough, never exact. */
export interface QueueState {
  readonly name: string;
  readonly arn: string;
  /** Waiting to be received, the hidden ones not counted. */
  readonly visible: number;
  /** Received and not deleted, or sent back with a delay. */
  readonly hidden: number;
}

export async function queueState(client: SQSClient, name: string): Promise<QueueState> {
  const { Attributes = {} } = await asked(async () => {
    const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: name }));
    return client.send(
      new GetQueueAttributesCommand({
        QueueUrl,
        AttributeNames: [
          'QueueArn',
          'ApproximateNumberOfMessages',
          'ApproximateNumberOfMessagesNotVisible',
          'ApproximateNumberOfMessagesDelayed',
        ],
      }),
    );
  }, name);
  const count = (attribute: keyof typeof Attributes) => Number(Attributes[attribute] ?? 0);
  return {
    name,
    arn: Attributes.QueueArn ?? '',
    visible: count('ApproximateNumberOfMessages'),
    hidden: count('ApproximateNumberOfMessagesNotVisible') + count('ApproximateNumberOfMessagesDelayed'),
  };
}

/** The move that was started last from this queue. */
async function lastMove(client: SQSClient, from: QueueState): Promise<ListMessageMoveTasksResultEntry | undefined> {
  const { Results = [] } = await asked(
    () => client.send(new ListMessageMoveTasksCommand({ SourceArn: from.arn, MaxResults: 1 })),
    from.name,
  );
  return Results[0];
}

/**
 * Ends the move that is under way from this queue; what is moved stays moved.
 *
 * @returns how many were moved; undefined when none is under way
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CancelMessageMoveTask.html
 */
export async function cancelMove(client: SQSClient, from: QueueState): Promise<number | undefined> {
  const task = await lastMove(client, from);
  const TaskHandle = task?.Status === 'RUNNING' ? task.TaskHandle : undefined;
  if (TaskHandle === undefined) return undefined;
  const { ApproximateNumberOfMessagesMoved = 0 } = await asked(
    () => client.send(new CancelMessageMoveTaskCommand({ TaskHandle })),
    from.name,
  );
  return ApproximateNumberOfMessagesMoved;
}

async function asked<T>(ask: () => Promise<T>, queue: string): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Error && error.name === 'QueueDoesNotExist') {
      throw new Failure(`There is no queue ${queue}: is this stage deployed, and is this its account and region?`);
    }
    throw awsFailure(error);
  }
}
