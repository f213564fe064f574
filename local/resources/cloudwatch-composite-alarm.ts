import { optionalText, physicalName, type ResourceType, text } from '../template/resource-type.ts';
import { alarmArn } from './cloudwatch-alarm.ts';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-compositealarm.html */
export const cloudWatchCompositeAlarm: ResourceType = {
  type: 'AWS::CloudWatch::CompositeAlarm',
  ref: (resource, place) => physicalName(resource, place, 'AlarmName'),
  attributes: { Arn: alarmArn },
  add: (resource, place, desired) => {
    const { properties } = resource;
    desired.compositeAlarms.push({
      name: physicalName(resource, place, 'AlarmName'),
      arn: alarmArn(resource, place),
      description: optionalText(properties['AlarmDescription']),
      rule: text(resource, 'AlarmRule'),
      actions: ((properties['AlarmActions'] ?? []) as readonly unknown[]).map(String),
    });
  },
};
