import { arn, list, physicalName, type ResourceType, text } from '../template/resource-type.ts';
import { rateToMs } from './rate.ts';

export const eventsRule: ResourceType = {
  type: 'AWS::Events::Rule',
  ref: (resource, place) => physicalName(resource, place, 'Name'),
  attributes: { Arn: (resource, place) => arn(place, 'events', `rule/${physicalName(resource, place, 'Name')}`) },
  add: (resource, place, desired) => {
    if (resource.properties['State'] === 'DISABLED') return;
    const everyMs = rateToMs(text(resource, 'ScheduleExpression'), resource.id);
    for (const target of list(resource.properties['Targets'])) {
      desired.schedules.push({
        name: physicalName(resource, place, 'Name'),
        everyMs,
        functionArn: String(target['Arn']),
        ...(typeof target['Input'] === 'string' && { input: target['Input'] }),
      });
    }
  },
};
