import { object, optionalNumber, type ResourceType, text } from '../template/resource-type.ts';
import { Refusal } from '../refusal.ts';

/** Without a limit Lambda scales to a thousand; here a few are as fast. */
const DEFAULT_CONCURRENCY = 5;

export const eventSourceMapping: ResourceType = {
  type: 'AWS::Lambda::EventSourceMapping',
  ref: ({ id }) => id,
  attributes: { Id: ({ id }) => id },
  add: (resource, _place, desired) => {
    const { properties, id } = resource;
    const queueArn = text(resource, 'EventSourceArn');
    if (!queueArn.startsWith('arn:aws:sqs:'))
      throw new Refusal(
        `${id} has the event source ${queueArn}, and the local host runs SQS queues only: use a queue.`,
      );
    const filters = properties['FilterCriteria'];
    if (filters !== undefined) {
      throw new Refusal(
        `${id} has FilterCriteria ${JSON.stringify(filters)}, and the local host does not filter messages: ` +
          'give each kind of message its own queue, because Lambda deletes what no filter matches.',
      );
    }
    const responses = properties['FunctionResponseTypes'];
    desired.mappings.push({
      id,
      queueArn,
      function: text(resource, 'FunctionName'),
      batchSize: optionalNumber(resource, 'BatchSize') ?? 10,
      windowSeconds: optionalNumber(resource, 'MaximumBatchingWindowInSeconds') ?? 0,
      reportsItemFailures: Array.isArray(responses) && responses.includes('ReportBatchItemFailures'),
      maximumConcurrency: Number(object(properties['ScalingConfig'])['MaximumConcurrency'] ?? DEFAULT_CONCURRENCY),
      enabled: properties['Enabled'] !== false,
    });
  },
};
