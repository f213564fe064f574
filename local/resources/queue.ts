import { arn, noteKey, physicalName, type Place, type Resource, type ResourceType } from '../template/resource-type.ts';

const nameOf = (resource: Resource, place: Place) => physicalName(resource, place, 'QueueName');

/** Members of the template that are attributes of the queue under the same name. */
const ATTRIBUTES = [
  'ContentBasedDeduplication',
  'DeduplicationScope',
  'DelaySeconds',
  'FifoQueue',
  'FifoThroughputLimit',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'RedriveAllowPolicy',
  'RedrivePolicy',
  'SqsManagedSseEnabled',
  'VisibilityTimeout',
];

export const queue: ResourceType = {
  type: 'AWS::SQS::Queue',
  // The SDK sends to the host in the queue's URL, whatever its endpoint is: it must be this machine.
  ref: (resource, place) => `${place.endpoints.sqs}/${place.account}/${nameOf(resource, place)}`,
  attributes: {
    Arn: (resource, place) => arn(place, 'sqs', nameOf(resource, place)),
    QueueName: nameOf,
  },
  add: (resource, place, desired) => {
    const { properties } = resource;
    noteKey(desired, place, arn(place, 'sqs', nameOf(resource, place)), properties['KmsMasterKeyId']);
    const attributes = ATTRIBUTES.filter((name) => name in properties).map((name) => {
      const value = properties[name];
      return [name, typeof value === 'string' ? value : JSON.stringify(value)] as const;
    });
    desired.queues.push({ name: nameOf(resource, place), attributes: Object.fromEntries(attributes) });
  },
};
