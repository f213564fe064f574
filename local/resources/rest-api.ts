import { type ResourceType } from '../template/resource-type.ts';

export const restApi: ResourceType = {
  type: 'AWS::ApiGateway::RestApi',
  ref: ({ id }) => id,
  attributes: { RootResourceId: ({ id }) => `${id}/`, RestApiId: ({ id }) => id },
  add: ({ id, properties }, _place, desired) => {
    const types = properties['BinaryMediaTypes'];
    desired.restApis.push({ id, binaryMediaTypes: Array.isArray(types) ? types.map(String) : [] });
  },
};
