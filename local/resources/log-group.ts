import { arn, physicalName, type Place, type Resource, type ResourceType } from '../template/resource-type.ts';

const nameOf = (resource: Resource, place: Place) => physicalName(resource, place, 'LogGroupName');

/** Its lines are the files of who writes to it. */
export const logGroup: ResourceType = {
  type: 'AWS::Logs::LogGroup',
  ref: nameOf,
  attributes: { Arn: (resource, place) => arn(place, 'logs', `log-group:${nameOf(resource, place)}:*`) },
  add: () => undefined,
};
