import { type ResourceType, text } from '../template/resource-type.ts';

export const secretPolicy: ResourceType = {
  type: 'AWS::SecretsManager::ResourcePolicy',
  ref: ({ id }) => id,
  attributes: {},
  add: (resource, _place, desired) =>
    void desired.resourcePolicies.push({
      id: resource.id,
      resourceArn: text(resource, 'SecretId'),
      document: resource.properties['ResourcePolicy'],
    }),
};
