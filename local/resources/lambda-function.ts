import {
  arn,
  object,
  optionalNumber,
  physicalName,
  type Place,
  type Resource,
  type ResourceType,
  text,
} from '../template/resource-type.ts';
import { Refusal } from '../refusal.ts';

const nameOf = (resource: Resource, place: Place) => physicalName(resource, place, 'FunctionName');
const arnOf = (resource: Resource, place: Place) => arn(place, 'lambda', `function:${nameOf(resource, place)}`);

export const lambdaFunction: ResourceType = {
  type: 'AWS::Lambda::Function',
  ref: nameOf,
  attributes: { Arn: arnOf },
  add: (resource, place, desired) => {
    const { properties, id } = resource;
    const key = String(object(properties['Code'])['S3Key']);
    const asset = place.assets.get(key);
    if (!asset)
      throw new Refusal(
        `${id} has the code ${key}, and the assembly has no such asset: give its code as a folder (Code.fromAsset).`,
      );
    const variables = object(object(properties['Environment'])['Variables']);
    const reserved = optionalNumber(resource, 'ReservedConcurrentExecutions');
    const { LogFormat: logFormat, LogGroup: logGroup } = object(properties['LoggingConfig']);
    desired.functions.push({
      id,
      name: nameOf(resource, place),
      label: labelOf(asset.displayName) || id,
      arn: arnOf(resource, place),
      roleArn: text(resource, 'Role'),
      handler: text(resource, 'Handler'),
      code: asset.folder,
      environment: Object.fromEntries(
        Object.entries(variables).map(([name, value]) => [name, hereOf(String(value), place)]),
      ),
      memoryMb: optionalNumber(resource, 'MemorySize') ?? 128,
      timeoutMs: (optionalNumber(resource, 'Timeout') ?? 3) * 1000,
      logFormat: logFormat === 'JSON' ? 'JSON' : 'Text',
      ...(typeof logGroup === 'string' && { logGroup }),
      ...(reserved !== undefined && { reservedConcurrency: reserved }),
    });
  },
};

/** The SDK sends to the host in a queue's URL: one that the template writes itself must lead to this machine as well. */
function hereOf(value: string, { region, endpoints }: Place): string {
  return value.replaceAll(`https://sqs.${region}.amazonaws.com/`, `${endpoints.sqs}/`);
}

/** `Route-scalekit-user-created/Processor/Function/Code` is `scalekit-user-created` to a person. */
function labelOf(constructPath: string): string {
  const parts = constructPath.split('/').filter((part) => !['Code', 'Function', 'Processor'].includes(part));
  return (parts.at(-1) ?? '').replace(/^Route-/, '').toLowerCase();
}
