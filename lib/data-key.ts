import { Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { StageConfig } from './config.ts';
import { dataRemoval } from './removal.ts';

export interface DataKeyProps {
  readonly stage: string;
  readonly settings: StageConfig;
}

/** Under which the stack has it, so that whatever keeps data finds it without being handed it. */
const ID = 'DataKey';

/** A KMS key of the stage's own, for all that it keeps: tables, payloads, queues, secrets, logs, alarms on their way. */
export class DataKey extends Construct {
  readonly key: Key;

  constructor(scope: Construct, { stage, settings }: DataKeyProps) {
    super(scope, ID);
    this.key = new Key(this, 'Key', {
      description: `Data of Hookgate, stage ${stage}.`,
      enableKeyRotation: true,
      removalPolicy: dataRemoval(settings),
    });
    this.admitLogs();
    this.admitAlarms();
  }

  /** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html */
  private admitLogs(): void {
    const { partition, region, account } = Stack.of(this);
    this.key.addToResourcePolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
        actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
        resources: ['*'],
        conditions: {
          ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:*` },
        },
      }),
    );
  }

  /**
   * Whoever publishes to an encrypted topic uses its key; an alarm that may not is lost without a word. The topic is the
   * stage's own, or one that is given and may well be encrypted with this key too.
   * https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
   */
  private admitAlarms(): void {
    this.key.addToResourcePolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        resources: ['*'],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
  }
}

/** The key of the stage that a construct is in; undefined where AWS's own keys encrypt. */
export function dataKeyOf(scope: Construct): IKey | undefined {
  const stack = Stack.of(scope);
  const found = (stack.nestedStackParent ?? stack).node.tryFindChild(ID);
  return found instanceof DataKey ? found.key : undefined;
}

/**
 * What whoever may do something needs of the key too, since the service asks KMS in its name. Of SQS, Secrets Manager, S3
 * and DynamoDB, in this order:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
 */
const KEY_ACTIONS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^sqs:SendMessage$/, ['kms:Decrypt', 'kms:GenerateDataKey']],
  [/^sqs:ReceiveMessage$/, ['kms:Decrypt']],
  [/^secretsmanager:GetSecretValue$/, ['kms:Decrypt']],
  [/^secretsmanager:PutSecretValue$/, ['kms:Decrypt', 'kms:GenerateDataKey']],
  [/^s3:GetObject$/, ['kms:Decrypt']],
  [/^s3:PutObject$/, ['kms:GenerateDataKey']],
  [/^dynamodb:/, ['kms:Decrypt']],
];

/** The key's actions that go with others; empty when these touch no data. */
export function keyActionsFor(actions: readonly string[]): readonly string[] {
  const needed = KEY_ACTIONS.flatMap(([pattern, ofKey]) => (actions.some((one) => pattern.test(one)) ? ofKey : []));
  return [...new Set(needed)].sort();
}
