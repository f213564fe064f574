import { type ResourceType, text } from '../template/resource-type.ts';

export const webAclAssociation: ResourceType = {
  type: 'AWS::WAFv2::WebACLAssociation',
  ref: ({ id }) => id,
  attributes: {},
  add: (resource, _place, desired) => void desired.associations.push({ webAclArn: text(resource, 'WebACLArn') }),
};
