import { object, type ResourceType, text } from '../template/resource-type.ts';

export const rotationSchedule: ResourceType = {
  type: 'AWS::SecretsManager::RotationSchedule',
  ref: (resource) => text(resource, 'SecretId'),
  attributes: {},
  add: (resource, _place, desired) => {
    const { AutomaticallyAfterDays } = object(resource.properties['RotationRules']);
    desired.rotations.push({
      secretArn: text(resource, 'SecretId'),
      functionArn: text(resource, 'RotationLambdaARN'),
      everyDays: Number(AutomaticallyAfterDays),
      immediately: resource.properties['RotateImmediatelyOnUpdate'] !== false,
    });
  },
};
