import { Duration, Names, Stack, Validations } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { BlockPublicAccess, Bucket, BucketEncryption, CfnBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { INBOX_DAYS, INBOX_PREFIX } from '../lambdas/core/inbox/inbox.ts';
import { BODY_TTL_SECONDS } from '../lambdas/core/record.ts';
import { INDEX, type ListBy, TABLE } from '../lambdas/core/table.ts';
import { recordsSettings } from '../lambdas/settings.ts';
import type { StageConfig } from './config.ts';
import { dataKeyOf } from './data-key.ts';
import type { GatewayFunction } from './gateway-function.ts';
import { dataRemoval } from './removal.ts';

/** Every event's record and payload: the table, and a bucket for payloads that don't fit a row. */
export class Records extends Construct {
  readonly table: Table;
  private readonly bucket: Bucket;
  private readonly listBy: readonly ListBy[];

  constructor(scope: Construct, id: string, settings: StageConfig) {
    super(scope, id);
    const removalPolicy = dataRemoval(settings);
    const key = dataKeyOf(this);
    this.listBy = settings.listBy ?? [];

    this.table = new Table(this, 'Table', {
      partitionKey: { name: TABLE.partitionKey, type: AttributeType.STRING },
      sortKey: { name: TABLE.sortKey, type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      timeToLiveAttribute: TABLE.ttl,
      deletionProtection: settings.keepsData,
      removalPolicy,
      ...(key && { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey: key }),
    });
    this.addIndex(INDEX.outbox, ProjectionType.ALL);
    this.addIndex(INDEX.events, ProjectionType.KEYS_ONLY);
    this.addIndex(INDEX.statuses, ProjectionType.KEYS_ONLY);
    if (this.listBy.includes('type')) this.addIndex(INDEX.types, ProjectionType.KEYS_ONLY);

    this.bucket = new Bucket(this, 'Payloads', {
      ...(key
        ? // One data key for many objects: without it each object is a request to KMS.
          { encryption: BucketEncryption.KMS, encryptionKey: key, bucketKeyEnabled: true }
        : { encryption: BucketEncryption.S3_MANAGED }),
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      // As long as a payload's row, which outlives its record: a claim moves the record's end, nothing moves the object's.
      // Of two rules the shorter counts: https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-conflicts.html
      lifecycleRules: [
        { expiration: Duration.seconds(BODY_TTL_SECONDS) },
        { prefix: INBOX_PREFIX, expiration: Duration.days(INBOX_DAYS) },
      ],
      removalPolicy,
    });
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Only the verifier writes it and only the processors read it; both leave a trace and a log line of their own.',
    });
  }

  /** To keep a new event, to ask whether the payload of an earlier one is kept, and to hand it to the sweeper. */
  grantReceive(to: GatewayFunction): void {
    to.give(
      {
        actions: ['dynamodb:ConditionCheckItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
        resources: [this.table.tableArn],
      },
      this.env,
    );
    this.grantObjects(to, 's3:PutObject');
  }

  /** To read what was rejected and kept, and remove it. To keep it needs no more than `grantReceive`. */
  grantInbox(to: GatewayFunction): void {
    to.give({
      actions: ['s3:GetObject', 's3:DeleteObject'],
      resources: [this.bucket.arnForObjects(`${INBOX_PREFIX}*`)],
    });
    Validations.of(to.grantPrincipal).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${this.bucketLogicalId}.Arn>/${INBOX_PREFIX}*]`,
      reason: 'What was rejected, of all sources: names are known only when they are listed.',
    });
    to.give({ actions: ['s3:ListBucket'], resources: [this.bucket.bucketArn] });
  }

  /** To claim events, read their payloads, and write how they ended. */
  grantProcess(to: GatewayFunction): void {
    to.give(
      {
        actions: ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:UpdateItem'],
        resources: [this.table.tableArn],
      },
      this.env,
    );
    this.grantObjects(to, 's3:GetObject');
    // Without it S3 answers 403 and not 404 for an object that is gone, and nobody could tell that from a lost permission:
    // https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_Permissions
    to.give({ actions: ['s3:ListBucket'], resources: [this.bucket.bucketArn] });
  }

  /** To find what may never have been queued, and to move its next time. */
  grantSweep(to: GatewayFunction): void {
    to.give({ actions: ['dynamodb:Query'], resources: [this.indexArn(INDEX.outbox.name)] });
    to.give({ actions: ['dynamodb:GetItem', 'dynamodb:UpdateItem'], resources: [this.table.tableArn] }, this.env);
  }

  /** To list the records of a time, without payloads. */
  grantList(to: GatewayFunction): void {
    to.give({ actions: ['dynamodb:Query'], resources: [this.indexArn(INDEX.events.name)] });
    to.give({ actions: ['dynamodb:BatchGetItem'], resources: [this.table.tableArn] }, this.env);
  }

  /** To keep the counts of the ledger: rows of the same table. */
  grantLedger(to: GatewayFunction): void {
    to.give({ actions: ['dynamodb:GetItem', 'dynamodb:UpdateItem'], resources: [this.table.tableArn] }, this.env);
  }

  /** To list records and show one, without payloads. */
  grantInspect(to: GatewayFunction): void {
    this.grantList(to);
    const indexes = [INDEX.statuses, ...(this.listBy.includes('type') ? [INDEX.types] : [])];
    to.give({ actions: ['dynamodb:Query'], resources: indexes.map(({ name }) => this.indexArn(name)) });
    // The table itself: a payload's row leads from the provider's id to the record.
    to.give({ actions: ['dynamodb:GetItem', 'dynamodb:Query'], resources: [this.table.tableArn] }, this.env);
  }

  /** To start an event anew, in its next epoch. */
  grantReplay(to: GatewayFunction): void {
    to.give({ actions: ['dynamodb:UpdateItem'], resources: [this.table.tableArn] }, this.env);
  }

  /** To read the routes' breakers and change them. */
  grantBreakers(to: GatewayFunction): void {
    to.give({ actions: ['dynamodb:GetItem', 'dynamodb:UpdateItem'], resources: [this.table.tableArn] }, this.env);
  }

  /** To read the providers' published addresses, and with `grantBreakers` to change them: rows of the same table. */
  grantAllowlists(to: GatewayFunction): void {
    to.give({ actions: ['dynamodb:GetItem'], resources: [this.table.tableArn] }, this.env);
  }

  private get env() {
    return recordsSettings.toEnv({
      tableName: this.table.tableName,
      bucketName: this.bucket.bucketName,
      listBy: this.listBy,
    });
  }

  private indexArn(name: string): string {
    return `${this.table.tableArn}/index/${name}`;
  }

  private grantObjects(to: GatewayFunction, action: 's3:GetObject' | 's3:PutObject'): void {
    to.give({ actions: [action], resources: [this.bucket.arnForObjects('*')] });
    Validations.of(to.grantPrincipal).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${this.bucketArnIn(to)}>/*]`,
      reason: 'All objects of one bucket, of which no name is known before its payload is: the names are hashes.',
    });
  }

  private get bucketLogicalId(): string {
    return this.bucket.stack.getLogicalId(this.bucketResource);
  }

  /** What the bucket's ARN is called: in a nested stack by the parameter that CDK hands it down with. */
  private bucketArnIn(scope: Construct): string {
    return Stack.of(scope) === this.bucket.stack
      ? `${this.bucketLogicalId}.Arn`
      : `referenceto${Names.nodeUniqueId(this.bucketResource.node)}Arn`;
  }

  private get bucketResource(): CfnBucket {
    const resource = this.bucket.node.defaultChild;
    if (!(resource instanceof CfnBucket)) throw new Error('The bucket of the payloads has no CloudFormation resource.');
    return resource;
  }

  private addIndex(
    { name, partitionKey, sortKey }: { readonly name: string; readonly partitionKey: string; readonly sortKey: string },
    projectionType: ProjectionType,
  ): void {
    this.table.addGlobalSecondaryIndex({
      indexName: name,
      partitionKey: { name: partitionKey, type: AttributeType.STRING },
      sortKey: { name: sortKey, type: AttributeType.NUMBER },
      projectionType,
    });
  }
}
