import { type ResourceType, text } from '../template/resource-type.ts';

export const apiResource: ResourceType = {
  type: 'AWS::ApiGateway::Resource',
  ref: ({ id }) => id,
  attributes: { ResourceId: ({ id }) => id },
  add: (resource, _place, desired) =>
    void desired.apiResources.push({
      id: resource.id,
      parentId: text(resource, 'ParentId'),
      pathPart: text(resource, 'PathPart'),
    }),
};
