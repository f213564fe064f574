import { ArnFormat, Aws, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { queueName } from '../lambdas/core/source.ts';
import { queuesSettings } from '../lambdas/settings.ts';
import { acknowledgePatterns } from './acknowledge.ts';
import type { GatewayFunction } from './gateway-function.ts';

export const MANY = 'The queues of one stage: those of nested stacks are more than a policy has room for, one by one.';

type Hop = 'main' | 'dead' | 'parked';

/** Of dead letters and parked events, and to count them: SQS moves them in the name of whoever starts it. */
export const MOVE_ACTIONS = [
  'sqs:StartMessageMoveTask',
  'sqs:ListMessageMoveTasks',
  'sqs:ReceiveMessage',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
] as const;

/**
 * Patterns for all queues of one kind of a stage: a role's policy ends at 10,240 characters, which the ARNs of ninety queues
 * fill. The pattern of the main queues matches the other two kinds as well. No other stage's: a stage's name has no hyphen.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
export function queueArns(scope: Construct, stage: string, hop: Hop): string[] {
  const arn = (ordered: { readonly ordered?: '' }) =>
    Stack.of(scope).formatArn({
      service: 'sqs',
      resource: queueName(stage, '*', { name: '*', ...ordered }, hop).replace('*-*', '*'),
      arnFormat: ArnFormat.NO_RESOURCE_NAME,
    });
  return hop === 'main' ? [arn({})] : [arn({}), arn({ ordered: '' })];
}

/** To queue events of routes that are in nested stacks, and not to put anything among dead letters or parked events. */
export function grantSendToGroups(to: GatewayFunction, stage: string): void {
  const main = queueArns(to, stage, 'main');
  to.give({ actions: ['sqs:SendMessage'], resources: main }, anyQueue());
  acknowledgePatterns(to.grantPrincipal, main, MANY);
  to.deny({
    actions: ['sqs:SendMessage'],
    resources: [...queueArns(to, stage, 'dead'), ...queueArns(to, stage, 'parked')],
  });
}

/** What the admin API may do with the queues of routes that are in nested stacks: queue, count, move as a route grants it. */
export function grantOperateGroups(to: GatewayFunction, stage: string): void {
  const main = queueArns(to, stage, 'main');
  const deadAndParked = [...queueArns(to, stage, 'dead'), ...queueArns(to, stage, 'parked')];
  to.give({ actions: ['sqs:SendMessage', 'sqs:GetQueueAttributes'], resources: main }, anyQueue());
  to.give({ actions: MOVE_ACTIONS, resources: deadAndParked });
  acknowledgePatterns(to.grantPrincipal, [...main, ...deadAndParked], MANY);
}

/**
 * A queue's URL as SQS forms it, made of what the stack knows: asked of a nested stack, that would have to be there before
 * the function, and some of it needs the function.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html
 */
function anyQueue() {
  return queuesSettings.toEnv({ anyQueueUrl: `https://sqs.${Aws.REGION}.${Aws.URL_SUFFIX}/${Aws.ACCOUNT_ID}/any` });
}
