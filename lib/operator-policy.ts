import { CfnOutput } from 'aws-cdk-lib';
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledgePatterns } from './acknowledge.ts';
import { dataKeyOf, keyActionsFor } from './data-key.ts';
import { MANY, queueArns } from './queue-names.ts';
import type { Route } from './route.ts';

/** A managed policy ends at 6,144 characters; a route's five mentions of a queue take up to 130 each. */
const ROUTES_PER_POLICY = 8;

/**
 * For the people on call: to redrive dead letters and parked events, in the console or by `dlq`. Attach it to their role;
 * it gives nothing else, and no access to records.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
 */
export class OperatorPolicy extends Construct {
  /** @param patternsOf the stage whose queues are meant by their names, where there are more than can be listed */
  constructor(scope: Construct, id: string, routes: readonly Route[], patternsOf?: string) {
    super(scope, id);
    if (patternsOf !== undefined) {
      const patterns = (['main', 'dead', 'parked'] as const).flatMap((hop) => queueArns(this, patternsOf, hop));
      const policy = this.add('', [...statementsByName(this, patternsOf), ...this.keyStatements()]);
      acknowledgePatterns(policy, patterns, MANY);
      return;
    }
    for (let start = 0; start < routes.length; start += ROUTES_PER_POLICY) {
      const number = start === 0 ? '' : String(start / ROUTES_PER_POLICY + 1);
      this.add(number, [...statementsFor(routes.slice(start, start + ROUTES_PER_POLICY)), ...this.keyStatements()]);
    }
  }

  private add(number: string, statements: PolicyStatement[]): ManagedPolicy {
    const policy = new ManagedPolicy(this, `Policy${number}`, {
      description: 'Redrive of dead letters and parked events of Hookgate.',
      statements,
    });
    new CfnOutput(this, `Arn${number}`, {
      description: 'To attach to the role of those who redrive.',
      value: policy.managedPolicyArn,
    });
    return policy;
  }

  /** A redrive decrypts what it receives and encrypts what it sends, in the name of whoever starts it. */
  private keyStatements(): PolicyStatement[] {
    const key = dataKeyOf(this);
    if (!key) return [];
    return [
      new PolicyStatement({
        sid: 'UseKey',
        actions: [...keyActionsFor(['sqs:ReceiveMessage', 'sqs:SendMessage'])],
        resources: [key.keyArn],
      }),
    ];
  }
}

function statementsFor(routes: readonly Route[]): PolicyStatement[] {
  const arns = (queues: readonly Queue[]) => queues.map(({ queueArn }) => queueArn);
  return statementsOn(arns(routes.flatMap(({ dead, parked }) => [dead, parked])), arns(routes.map(({ main }) => main)));
}

function statementsByName(scope: Construct, stage: string): PolicyStatement[] {
  return statementsOn(
    [...queueArns(scope, stage, 'dead'), ...queueArns(scope, stage, 'parked')],
    queueArns(scope, stage, 'main'),
  );
}

function statementsOn(deadAndParked: string[], main: string[]): PolicyStatement[] {
  return [
    new PolicyStatement({
      sid: 'MoveFrom',
      actions: [
        'sqs:StartMessageMoveTask',
        'sqs:ListMessageMoveTasks',
        'sqs:CancelMessageMoveTask',
        'sqs:ReceiveMessage',
        'sqs:DeleteMessage',
        'sqs:GetQueueAttributes',
        'sqs:GetQueueUrl',
      ],
      resources: deadAndParked,
    }),
    new PolicyStatement({ sid: 'MoveTo', actions: ['sqs:SendMessage'], resources: deadAndParked }),
    new PolicyStatement({
      sid: 'MoveToMain',
      actions: ['sqs:SendMessage', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl'],
      resources: main,
    }),
  ];
}
