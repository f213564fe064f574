import { physicalName, type ResourceType } from '../template/resource-type.ts';

export const restApi: ResourceType = {
  type: 'AWS::ApiGateway::RestApi',
  ref: ({ id }) => id,
  attributes: { RootResourceId: ({ id }) => `${id}/`, RestApiId: ({ id }) => id },
  add: (resource, place, desired) => {
    const { id, properties } = resource;
    const types = properties['BinaryMediaTypes'];
    const name = physicalName(resource, place, 'Name');
    desired.restApis.push({ id, name, binaryMediaTypes: Array.isArray(types) ? types.map(String) : [] });
  },
};
