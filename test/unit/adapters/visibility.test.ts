import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SQSClient } from '@aws-sdk/client-sqs';
import { returnMessages } from '../../../lambdas/adapters/visibility.ts';
import { credentials } from '../../support/provider.ts';

interface Entry {
  readonly Id: string;
  readonly ReceiptHandle: string;
  readonly VisibilityTimeout: number;
}

let server: Server;
let client: SQSClient;
let requests: Entry[][];
let down: boolean;

/** Answers as SQS does: 200, with an entry for each message, also for those that it refused. */
beforeEach(async () => {
  requests = [];
  down = false;
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const { Entries } = JSON.parse(text) as { Entries: Entry[] };
      requests.push(Entries);
      const refused = Entries.filter(({ ReceiptHandle }) => ReceiptHandle === 'stale');
      response.writeHead(down ? 500 : 200, { 'content-type': 'application/x-amz-json-1.0' }).end(
        JSON.stringify({
          Successful: Entries.filter((entry) => !refused.includes(entry)).map(({ Id }) => ({ Id })),
          Failed: refused.map(({ Id }) => ({
            Id,
            Code: 'ReceiptHandleIsInvalid',
            Message: 'Expired.',
            SenderFault: true,
          })),
        }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = new SQSClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
});

afterEach(async () => {
  client.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** The base of a queue's URL is the endpoint: the SDK sends where the URL says. */
function queueUrl(name: string): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/000000000000/${name}`;
}

test('messages that end together go back in one request of ten at most, each for its own time', async () => {
  const returnAfter = returnMessages(client);
  await Promise.all(Array.from({ length: 12 }, (_, i) => returnAfter(queueUrl('a'), `handle-${i}`, i)));

  expect(requests.map((entries) => entries.length).sort()).toEqual([10, 2]);
  expect(requests.flat().find(({ ReceiptHandle }) => ReceiptHandle === 'handle-11')?.VisibilityTimeout).toBe(11);
});

test('whoever SQS refuses in an answer of 200 hears of it, the others do not', async () => {
  const returnAfter = returnMessages(client);
  const results = await Promise.allSettled(
    ['good', 'stale', 'fine'].map((handle) => returnAfter(queueUrl('a'), handle, 30)),
  );

  expect(requests).toHaveLength(1);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(String((results[1] as PromiseRejectedResult).reason)).toBe(
    'Error: The visibility of a message could not be changed: ReceiptHandleIsInvalid: Expired.',
  );
});

test('when SQS does not answer everybody hears of it', async () => {
  down = true;
  const returnAfter = returnMessages(client);
  const results = await Promise.allSettled([returnAfter(queueUrl('a'), 'x', 1), returnAfter(queueUrl('b'), 'y', 1)]);

  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});

test.each([
  [-5, 0],
  [0.2, 1],
  [100_000, 43_200],
])('%d seconds are %d to SQS', async (seconds, expected) => {
  await returnMessages(client)(queueUrl('a'), 'handle', seconds);

  expect(requests[0]?.[0]?.VisibilityTimeout).toBe(expected);
});
