/**
 * What Lambda reads of the answer to a batch. A misspelt key is taken for "nothing failed" and everything is deleted; an id
 * that was not in the batch, or an empty one, fails all of it:
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 * So nobody but `batchResponse` writes one, and the names are the compiler's to check.
 */
export interface BatchResponse {
  batchItemFailures: { itemIdentifier: string }[];
}

/** Whether a message may be deleted, or stays in its queue. */
export type Taken = 'taken' | 'returned';

/**
 * The answer to a batch: what is not known to be taken stays in its queue.
 *
 * @param taken by message id
 */
export function batchResponse(
  records: readonly { readonly messageId: string }[],
  taken: ReadonlyMap<string, Taken>,
): BatchResponse {
  const returned = records.filter(({ messageId }) => taken.get(messageId) !== 'taken');
  return { batchItemFailures: returned.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}
