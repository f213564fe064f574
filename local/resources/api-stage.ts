import { list, type ResourceType, text } from '../template/resource-type.ts';

export const apiStage: ResourceType = {
  type: 'AWS::ApiGateway::Stage',
  ref: (resource) => text(resource, 'StageName'),
  attributes: {},
  add: (resource, _place, desired) => {
    const settings = list(resource.properties['MethodSettings']).filter((one) => 'ThrottlingRateLimit' in one);
    const log = resource.properties['AccessLogSetting'] as { readonly Format?: string } | undefined;
    desired.stages.push({
      name: text(resource, 'StageName'),
      ...(log?.Format !== undefined && { accessLogFormat: log.Format }),
      throttles: settings.map((setting) => ({
        httpMethod: String(setting['HttpMethod']),
        // A path in a setting is a JSON pointer: `~1` stands for `/`.
        resourcePath: String(setting['ResourcePath']).replace(/^\/~1/, '/').replaceAll('~1', '/'),
        perSecond: Number(setting['ThrottlingRateLimit']),
        burst: Number(setting['ThrottlingBurstLimit'] ?? setting['ThrottlingRateLimit']),
      })),
    });
  },
};
