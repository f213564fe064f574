import { object, type ResourceType, text } from '../template/resource-type.ts';

const HEADER = 'gatewayresponse.header.';

export const gatewayResponse: ResourceType = {
  type: 'AWS::ApiGateway::GatewayResponse',
  ref: ({ id }) => id,
  attributes: {},
  add: (resource, _place, desired) => {
    const { properties } = resource;
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(object(properties['ResponseParameters']))) {
      // Static values stand in single quotes; mapped ones would come from the request and aren't used.
      const quoted = /^'(.*)'$/.exec(String(value))?.[1];
      if (name.startsWith(HEADER) && quoted !== undefined) headers[name.slice(HEADER.length)] = quoted;
    }
    const template = object(properties['ResponseTemplates'])['application/json'];
    desired.gatewayResponses.push({
      type: text(resource, 'ResponseType'),
      ...(properties['StatusCode'] !== undefined && { status: Number(properties['StatusCode']) }),
      headers,
      ...(typeof template === 'string' && { template }),
    });
  },
};
