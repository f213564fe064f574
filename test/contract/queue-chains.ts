import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
  type SQSClientConfig,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { MOST_RECEIVES } from '../../lambdas/core/processing/retry.ts';
import { startServices } from '../../local/services-process.ts';
import { type Hop, Queues } from '../faults/queues.ts';
import { NOON } from '../support/gateway-in-memory.ts';
import { removeData, temporaryData } from '../support/host.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** A message in somebody's hands. */
export interface Handed {
  readonly body: string;
  /** When its queue's time of keeping it began, in milliseconds since the epoch. */
  readonly sentAt: number;
  readonly receives: number;
  /** Makes it visible again at once. */
  readonly giveBack: () => Promise<void>;
  readonly delete: () => Promise<void>;
}

/** A route's three queues, main → dead → parked, ready for use and empty. */
export interface ChainUnderTest {
  readonly send: (body: string) => Promise<void>;
  /** Undefined: none is visible, or the only one was moved on for having been received too often. */
  readonly receive: (hop: Hop) => Promise<Handed | undefined>;
  /** As a person does at the console, to the main queue. */
  readonly redrive: (from: 'dead' | 'parked') => Promise<void>;
  /** Lets a moment pass where time is simulated. */
  readonly later: () => void;
  readonly close: () => Promise<void>;
}

/** Every implementation there is on this machine: the suite runs the same on each. */
export const CHAINS: readonly (readonly [name: string, open: () => Promise<ChainUnderTest>])[] = [
  ['the fault harness', openMemory],
  ['fauxqs through the SDK', openFauxqs],
  ...(process.env.HOOKGATE_CONTRACT_ON_AWS === '1'
    ? ([['SQS of your account', () => openChain({}, () => Promise.resolve())]] as const)
    : []),
];

function openMemory(): Promise<ChainUnderTest> {
  const clock = new ManualClock(NOON);
  const queues = new Queues(clock);
  return Promise.resolve({
    send: (body) => Promise.resolve(queues.send(body)),
    receive: (hop) => {
      const message = hop === 'parked' ? queues.messages.find((one) => one.hop === 'parked') : queues.visible([hop]);
      if (message?.hop !== hop) return Promise.resolve(undefined);
      queues.receive(message);
      const { body, sentAt, receives } = message;
      return Promise.resolve({
        ...{ body, sentAt, receives },
        giveBack: () => Promise.resolve(void (message.visibleAt = clock.now())),
        delete: () => Promise.resolve(queues.delete(message)),
      });
    },
    redrive: (from) => Promise.resolve(void queues.redrive(from)),
    later: () => clock.advance(1),
    close: () => Promise.resolve(),
  });
}

async function openFauxqs(): Promise<ChainUnderTest> {
  const data = temporaryData();
  const region = 'us-east-1';
  const services = await startServices(
    { data, region, account: '000000000000', releaseHeldMessages: true },
    () => undefined,
  );
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return openChain({ endpoint: services.endpoints.sqs, region, credentials }, async () => {
    await services.stop();
    removeData(data);
  });
}

async function openChain(config: SQSClientConfig, stop: () => Promise<void>): Promise<ChainUnderTest> {
  const sqs = new SQSClient(config);
  const create = async (hop: Hop, Attributes: Record<string, string>) => {
    const QueueName = `hookgate-contract-${process.pid}-${hop}`;
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
    return QueueUrl;
  };
  const arnOf = async (QueueUrl: string) => {
    const AttributeNames = ['QueueArn' as const];
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }));
    return Attributes?.['QueueArn'] ?? '';
  };
  const then = async (url: string, maxReceiveCount: number) => ({
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: await arnOf(url), maxReceiveCount }),
  });
  const parked = await create('parked', {});
  const dead = await create('dead', await then(parked, MOST_RECEIVES.dead));
  const main = await create('main', await then(dead, MOST_RECEIVES.main));
  const urls = { main, dead, parked };

  return {
    send: async (MessageBody) => void (await sqs.send(new SendMessageCommand({ QueueUrl: main, MessageBody }))),
    receive: async (hop) => {
      const QueueUrl = urls[hop];
      const MessageSystemAttributeNames = ['All' as const];
      // A short look asks only some of SQS's hosts.
      const input = { QueueUrl, MessageSystemAttributeNames, WaitTimeSeconds: 1 };
      const { Messages: [message] = [] } = await sqs.send(new ReceiveMessageCommand(input));
      if (!message) return undefined;
      const { Body: body = '', Attributes = {}, ReceiptHandle } = message;
      const held = { QueueUrl, ReceiptHandle };
      return {
        body,
        sentAt: Number(Attributes['SentTimestamp']),
        receives: Number(Attributes['ApproximateReceiveCount']),
        giveBack: async () =>
          void (await sqs.send(new ChangeMessageVisibilityCommand({ ...held, VisibilityTimeout: 0 }))),
        delete: async () => void (await sqs.send(new DeleteMessageCommand(held))),
      };
    },
    redrive: async (from) => {
      const [SourceArn, DestinationArn] = await Promise.all([arnOf(urls[from]), arnOf(main)]);
      await sqs.send(new StartMessageMoveTaskCommand({ SourceArn, DestinationArn }));
    },
    later: () => undefined,
    close: async () => {
      for (const QueueUrl of Object.values(urls)) await sqs.send(new DeleteQueueCommand({ QueueUrl }));
      sqs.destroy();
      await stop();
    },
  };
}
