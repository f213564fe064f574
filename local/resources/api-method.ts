import { object, type ResourceType, text } from '../template/resource-type.ts';
import { Refusal } from '../refusal.ts';

/** API Gateway's longest and default time for an integration. */
const DEFAULT_TIMEOUT_MS = 29_000;

export const apiMethod: ResourceType = {
  type: 'AWS::ApiGateway::Method',
  ref: ({ id }) => id,
  attributes: {},
  add: (resource, _place, desired) => {
    const { id, properties } = resource;
    const integration = object(properties['Integration']);
    if (integration['Type'] !== 'AWS_PROXY') {
      throw new Refusal(
        `${id} has an integration of the type ${String(integration['Type'])}, and the local host runs AWS_PROXY only: ` +
          'use a LambdaIntegration.',
      );
    }
    const authorization = properties['AuthorizationType'] ?? 'NONE';
    if (authorization !== 'NONE' && authorization !== 'AWS_IAM') {
      throw new Refusal(
        `${id} has the authorization ${JSON.stringify(authorization)}, and the local host knows NONE and AWS_IAM: use one of them.`,
      );
    }
    // arn:aws:apigateway:<region>:lambda:path/2015-03-31/functions/<function's ARN>/invocations
    const functionArn = /\/functions\/(.+)\/invocations$/.exec(String(integration['Uri']))?.[1];
    if (functionArn === undefined)
      throw new Refusal(
        `${id} has the integration ${JSON.stringify(integration['Uri'])}, which names no function: use a LambdaIntegration.`,
      );
    desired.methods.push({
      resourceId: text(resource, 'ResourceId'),
      httpMethod: text(resource, 'HttpMethod'),
      authorization,
      functionArn,
      timeoutMs: Number(integration['TimeoutInMillis'] ?? DEFAULT_TIMEOUT_MS),
    });
  },
};
