import { list, physicalName, type Place, type Resource, type ResourceType } from '../template/resource-type.ts';

const nameOf = (resource: Resource, place: Place) => physicalName(resource, place, 'RoleName');
const arnOf = (resource: Resource, place: Place) => `arn:aws:iam::${place.account}:role/${nameOf(resource, place)}`;

export const iamRole: ResourceType = {
  type: 'AWS::IAM::Role',
  ref: nameOf,
  attributes: { Arn: arnOf, RoleId: ({ id }) => id },
  add: (resource, place, desired) => {
    const { ManagedPolicyArns: managed, PermissionsBoundary: boundary } = resource.properties;
    desired.roles.push({
      id: resource.id,
      name: nameOf(resource, place),
      arn: arnOf(resource, place),
      inline: list(resource.properties['Policies']).map(({ PolicyDocument }) => PolicyDocument),
      managedPolicyArns: Array.isArray(managed) ? managed.map(String) : [],
      ...(typeof boundary === 'string' && { boundaryArn: boundary }),
    });
  },
};
