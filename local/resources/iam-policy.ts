import type { ResourceType } from '../template/resource-type.ts';

export const iamPolicy: ResourceType = {
  type: 'AWS::IAM::Policy',
  ref: ({ id }) => id,
  attributes: {},
  add: ({ id, properties }, _place, desired) => {
    const { PolicyDocument: document, Roles: roles } = properties;
    desired.policies.push({ id, document, roles: Array.isArray(roles) ? roles.map(String) : [] });
  },
};
