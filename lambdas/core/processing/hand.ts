import { createHash } from 'node:crypto';

/**
 * Names one handing-over of a message, in 22 characters. SQS may hand over two copies in one batch, under one message id;
 * each has a receipt handle of its own: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html
 */
export function handOf(receiptHandle: string): string {
  return createHash('sha256').update(receiptHandle).digest('base64url').slice(0, 22);
}
