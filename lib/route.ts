import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { CfnQueue, DeduplicationScope, FifoThroughputLimit, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { ControlledRoute } from '../lambdas/core/processing/control.ts';
import {
  BATCH_SIZE,
  DEAD_LETTER_CONCURRENCY,
  DEAD_LETTER_WAIT_SECONDS,
  mostReceives,
  RETENTION_DAYS,
} from '../lambdas/core/processing/retry.ts';
import { logGroupName, queueName } from '../lambdas/core/source.ts';
import { visibilityOf } from '../lambdas/core/processing/timeout.ts';
import { queuesSettings } from '../lambdas/settings.ts';
import type { ApplicationTables } from './application-tables.ts';
import { processorFunctionName } from './bundle.ts';
import { dataKeyOf } from './data-key.ts';
import { GatewayFunction } from './gateway-function.ts';
import type { Plan, PlannedRoute, PlannedSource } from './plan.ts';
import { MOVE_ACTIONS } from './queue-names.ts';
import type { Records } from './records.ts';

export interface RouteProps {
  readonly plan: Plan;
  readonly source: PlannedSource;
  readonly route: PlannedRoute;
  readonly records: Records;
  readonly applicationTables: ApplicationTables;
  /** Folder of the bundled functions. */
  readonly bundles: string;
}

type Hop = 'main' | 'dead' | 'parked';

const LARGEST_MESSAGE_BYTES = 1024 * 1024;

/**
 * Groups go ahead without each other, up to 3,000 messages a second where a queue as a whole has 300. Every message brings
 * a deduplication id of its own, so none is made of its content.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/high-throughput-fifo.html
 */
const HIGH_THROUGHPUT_FIFO = {
  fifo: true,
  contentBasedDeduplication: false,
  deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
  fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
} as const;

/**
 * One route: its queue, the dead letters behind it, the parked events behind those, and the processor of the first two.
 * SQS itself moves every message, so that the console's redrive works at each hop.
 */
export class Route extends Construct {
  readonly source: string;
  readonly routeName: string;
  readonly main: Queue;
  readonly dead: Queue;
  readonly parked: Queue;
  readonly processor: GatewayFunction;
  /** Whether what failed on the main queue is tried again by itself, or waits in the dead-letter queue for a person. */
  readonly retriesDeadLetters: boolean;
  /** Of the queues that its processor reads. The breaker's controller keeps each as it should be. */
  readonly mappings: readonly EventSourceMapping[];
  private readonly maximumConcurrency: number;
  private readonly stage: string;
  private readonly route: PlannedRoute;

  constructor(scope: Construct, id: string, props: RouteProps) {
    super(scope, id);
    const { plan, source, route } = props;
    this.stage = plan.stage;
    this.source = source.name;
    this.routeName = route.name;
    this.route = route;
    this.retriesDeadLetters = route.retriesDeadLetters !== false;
    this.maximumConcurrency = route.maximumConcurrency;
    const visibility = visibilityOf(route.timeoutSeconds);

    this.parked = this.queue('Parked', 'parked', { retention: Duration.days(14), from: 'dead' });
    this.dead = this.queue('Dead', 'dead', {
      retention: Duration.days(RETENTION_DAYS.dead),
      visibility: Duration.seconds(Math.max(DEAD_LETTER_WAIT_SECONDS, visibility)),
      from: 'main',
      then: { queue: this.parked, maxReceiveCount: mostReceives('dead', this.route.ordered !== undefined) },
    });
    this.main = this.queue('Main', 'main', {
      retention: Duration.days(RETENTION_DAYS.main),
      visibility: Duration.seconds(visibility),
      then: { queue: this.dead, maxReceiveCount: mostReceives('main', this.route.ordered !== undefined) },
    });

    this.processor = new GatewayFunction(this, 'Processor', {
      settings: plan.settings,
      description: `Runs ${route.processor} for each ${route.on} event of ${source.name}.`,
      bundle: `${props.bundles}/${processorFunctionName(source.name, route.name)}`,
      timeout: Duration.seconds(route.timeoutSeconds),
      logGroupName: logGroupName(plan.stage, source.name, route.name),
    });
    props.records.grantProcess(this.processor);
    props.applicationTables.grantCommit(this.processor, route.tables);
    this.grantConsume(this.processor);
    this.mappings = [
      this.read(this.main, 'Messages', this.maximumConcurrency),
      ...(this.retriesDeadLetters ? [this.read(this.dead, 'DeadLetters', DEAD_LETTER_CONCURRENCY)] : []),
    ];
  }

  /** What the breaker's controller is told of it. */
  get controlled(): ControlledRoute {
    return {
      route: `${this.source}/${this.routeName}`,
      mappings: this.mappings.map(({ eventSourceMappingId }) => eventSourceMappingId),
      maximumConcurrency: this.maximumConcurrency,
    };
  }

  /** To queue events of this route. */
  grantSend(to: GatewayFunction): void {
    to.give(
      { actions: ['sqs:SendMessage'], resources: [this.main.queueArn] },
      queuesSettings.toEnv({ anyQueueUrl: this.main.queueUrl }),
    );
  }

  private read(queue: Queue, id: string, maxConcurrency: number): EventSourceMapping {
    return new EventSourceMapping(this.processor.lambda, id, {
      target: this.processor.lambda,
      eventSourceArn: queue.queueArn,
      batchSize: BATCH_SIZE,
      reportBatchItemFailures: true,
      maxConcurrency,
    });
  }

  /** To move dead letters and parked events, as SQS does in the name of whoever starts it, and to count them. */
  grantMove(to: GatewayFunction): void {
    to.give({
      actions: MOVE_ACTIONS,
      resources: [this.dead.queueArn, this.parked.queueArn],
    });
    to.give({ actions: ['sqs:SendMessage'], resources: [this.parked.queueArn] });
  }

  /** To count what waits. */
  grantCount(to: GatewayFunction): void {
    to.give(
      { actions: ['sqs:GetQueueAttributes'], resources: [this.main.queueArn] },
      queuesSettings.toEnv({ anyQueueUrl: this.main.queueUrl }),
    );
  }

  private grantConsume(to: GatewayFunction): void {
    to.give(
      {
        actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'],
        resources: [this.main.queueArn, ...(this.retriesDeadLetters ? [this.dead.queueArn] : [])],
      },
      queuesSettings.toEnv({ anyQueueUrl: this.main.queueUrl }),
    );
  }

  private queue(
    id: string,
    hop: Hop,
    props: {
      readonly retention: Duration;
      readonly visibility?: Duration;
      /** The one queue whose dead letters it takes. */
      readonly from?: Hop;
      readonly then?: { readonly queue: Queue; readonly maxReceiveCount: number };
    },
  ): Queue {
    const key = dataKeyOf(this);
    const queue = new Queue(this, id, {
      queueName: this.queueName(hop),
      ...(key
        ? { encryption: QueueEncryption.KMS, encryptionMasterKey: key }
        : { encryption: QueueEncryption.SQS_MANAGED }),
      enforceSSL: true,
      maxMessageSizeBytes: LARGEST_MESSAGE_BYTES,
      ...(this.route.ordered !== undefined && HIGH_THROUGHPUT_FIFO),
      retentionPeriod: props.retention,
      ...(props.visibility && { visibilityTimeout: props.visibility }),
      ...(props.then && { deadLetterQueue: props.then }),
    });
    // By name, because the queue that sends and the queue that takes would otherwise each wait for the other's ARN.
    const resource = queue.node.defaultChild;
    if (resource instanceof CfnQueue) {
      resource.redriveAllowPolicy = props.from
        ? { redrivePermission: 'byQueue', sourceQueueArns: [this.arnOf(props.from)] }
        : { redrivePermission: 'denyAll' };
    }
    return queue;
  }

  /** Of the source and itself, for people. */
  get fullName(): string {
    return `${this.source}-${this.routeName}`;
  }

  queueName(hop: Hop): string {
    return queueName(this.stage, this.source, this.route, hop);
  }

  private arnOf(hop: Hop): string {
    const arnFormat = ArnFormat.NO_RESOURCE_NAME;
    return Stack.of(this).formatArn({ service: 'sqs', resource: this.queueName(hop), arnFormat });
  }
}
