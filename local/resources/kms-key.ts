import { arn, type Place, type Resource, type ResourceType } from '../template/resource-type.ts';

const arnOf = (resource: Resource, place: Place) => arn(place, 'kms', `key/${resource.id}`);

/** Nothing is encrypted on this disk; who may use the key is judged as if it were. */
export const kmsKey: ResourceType = {
  type: 'AWS::KMS::Key',
  ref: ({ id }) => id,
  attributes: { Arn: arnOf, KeyId: ({ id }) => id },
  add: (resource, place, desired) =>
    void desired.resourcePolicies.push({
      id: resource.id,
      resourceArn: arnOf(resource, place),
      document: resource.properties['KeyPolicy'],
    }),
};
