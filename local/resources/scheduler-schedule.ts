import { arn, object, physicalName, type ResourceType, text } from '../template/resource-type.ts';
import { rateToMs } from './rate.ts';

export const schedulerSchedule: ResourceType = {
  type: 'AWS::Scheduler::Schedule',
  ref: (resource, place) => physicalName(resource, place, 'Name'),
  attributes: {
    Arn: (resource, place) => arn(place, 'scheduler', `schedule/default/${physicalName(resource, place, 'Name')}`),
  },
  add: (resource, place, desired) => {
    if (resource.properties['State'] === 'DISABLED') return;
    const target = object(resource.properties['Target']);
    desired.schedules.push({
      name: physicalName(resource, place, 'Name'),
      everyMs: rateToMs(text(resource, 'ScheduleExpression'), resource.id),
      functionArn: String(target['Arn']),
      ...(typeof target['Input'] === 'string' && { input: target['Input'] }),
    });
  },
};
