import { physicalName, type ResourceType, text } from '../template/resource-type.ts';

export const logStream: ResourceType = {
  type: 'AWS::Logs::LogStream',
  ref: (resource, place) => physicalName(resource, place, 'LogStreamName'),
  attributes: {},
  add: (resource, place, desired) => {
    const name = physicalName(resource, place, 'LogStreamName');
    desired.logStreams.push({ group: text(resource, 'LogGroupName'), name });
  },
};
