import { Aws, CfnOutput } from 'aws-cdk-lib';
import { SlackChannelConfiguration } from 'aws-cdk-lib/aws-chatbot';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { StageConfig } from './config.ts';
import { dataKeyOf } from './data-key.ts';

/** Where alarms are sent to: the stage's own topic, to which people subscribe, or one that exists; a Slack channel if asked. */
export class AlarmTopic extends Construct {
  readonly topic: ITopic;

  constructor(scope: Construct, id: string, { alarmTopicArn, alarmSlackChannel }: StageConfig) {
    super(scope, id);
    this.topic = alarmTopicArn === undefined ? this.own() : Topic.fromTopicArn(this, 'Topic', alarmTopicArn);
    if (alarmSlackChannel) {
      new SlackChannelConfiguration(this, 'Slack', {
        slackChannelConfigurationName: `${Aws.STACK_NAME}-alarms`,
        slackWorkspaceId: alarmSlackChannel.workspaceId,
        slackChannelId: alarmSlackChannel.channelId,
        notificationTopics: [this.topic],
      });
    }
  }

  private own(): Topic {
    const key = dataKeyOf(this);
    const topic = new Topic(this, 'Topic', {
      displayName: 'Hookgate alarms',
      enforceSSL: true,
      ...(key && { masterKey: key }),
    });
    // A policy of its own replaces the one that lets this account's alarms publish.
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
    topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    );
    new CfnOutput(this, 'Arn', { description: 'Alarms are sent to it: subscribe to be told.', value: topic.topicArn });
    return topic;
  }
}
