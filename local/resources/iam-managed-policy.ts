import { physicalName, type Place, type Resource, type ResourceType } from '../template/resource-type.ts';

const arnOf = (resource: Resource, place: Place) =>
  `arn:aws:iam::${place.account}:policy/${physicalName(resource, place, 'ManagedPolicyName')}`;

export const iamManagedPolicy: ResourceType = {
  type: 'AWS::IAM::ManagedPolicy',
  ref: arnOf,
  attributes: { PolicyArn: arnOf },
  add: (resource, place, desired) => {
    const { PolicyDocument: document, Roles: roles } = resource.properties;
    desired.policies.push({
      id: resource.id,
      document,
      roles: Array.isArray(roles) ? roles.map(String) : [],
      arn: arnOf(resource, place),
    });
  },
};
