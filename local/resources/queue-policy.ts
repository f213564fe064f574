import { arn, type ResourceType } from '../template/resource-type.ts';

export const queuePolicy: ResourceType = {
  type: 'AWS::SQS::QueuePolicy',
  ref: ({ id }) => id,
  attributes: {},
  add: ({ id, properties }, place, desired) => {
    const { PolicyDocument: document, Queues: urls } = properties;
    for (const url of Array.isArray(urls) ? urls.map(String) : []) {
      const name = url.slice(url.lastIndexOf('/') + 1);
      desired.resourcePolicies.push({ id, resourceArn: arn(place, 'sqs', name), document });
    }
  },
};
