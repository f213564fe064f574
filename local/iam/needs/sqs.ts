import type { Json } from '../../aws/json-server.ts';
import type { Need } from '../decide.ts';
import type { Guard } from '../guard.ts';
import { keyNeeds } from './key.ts';

/**
 * Of a producer and a consumer of an encrypted queue.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
 */
const OF_KEY = {
  SendMessage: ['kms:GenerateDataKey', 'kms:Decrypt'],
  ReceiveMessage: ['kms:Decrypt'],
} as const;

/**
 * The permissions that a call of SQS needs. A batch needs what its entries would one by one.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
 *
 * @param prefix of the queues' ARNs: `arn:aws:sqs:<region>:<account>:`
 */
export function sqsNeeds(action: string, input: Json, prefix: string, guard: Guard): readonly Need[] {
  const of = (name: string, resource: string): readonly Need[] => [
    { action: `sqs:${name}`, resource },
    ...(name in OF_KEY ? keyNeeds(guard, resource, 'sqs', OF_KEY[name as keyof typeof OF_KEY]) : []),
  ];
  switch (action) {
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
    case 'StartMessageMoveTask': {
      const source = String(input['SourceArn']);
      const destination = input['DestinationArn'];
      return [
        ...['StartMessageMoveTask', 'ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'].flatMap((name) =>
          of(name, source),
        ),
        ...(typeof destination === 'string' ? of('SendMessage', destination) : []),
      ];
    }
    case 'CancelMessageMoveTask':
      return of(action, sourceOf(input['TaskHandle']));
    default:
      return of(action.replace(/Batch$/, ''), arnOf(input, prefix));
  }
}

function arnOf({ QueueUrl, QueueName, SourceArn }: Json, prefix: string): string {
  if (typeof SourceArn === 'string') return SourceArn;
  if (typeof QueueUrl === 'string') return prefix + QueueUrl.slice(QueueUrl.lastIndexOf('/') + 1);
  return typeof QueueName === 'string' ? prefix + QueueName : '*';
}

/** A task's handle is JSON that names its queue. */
function sourceOf(handle: unknown): string {
  try {
    const { sourceArn } = JSON.parse(Buffer.from(String(handle), 'base64').toString()) as Json;
    return String(sourceArn);
  } catch {
    return '*';
  }
}
