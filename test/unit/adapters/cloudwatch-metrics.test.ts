import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { cloudWatchMetrics } from '../../../lambdas/adapters/cloudwatch-metrics.ts';

const HOUR = 60 * 60_000;
const QUERIES = [
  { metric: 'Failed', dimensions: { Source: 'inkress' }, statistic: 'Sum' },
  { metric: 'ProcessingMs', dimensions: { Source: 'inkress' }, statistic: 'p95' },
] as const;

/** A client that answers with these pages, in turn, and keeps the tokens that it was asked with. */
function answering(pages: readonly object[]) {
  const client = new CloudWatchClient({ region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 's' } });
  const tokens: unknown[] = [];
  client.middlewareStack.add(
    () => (args) => {
      tokens.push((args.input as { NextToken?: string }).NextToken);
      return Promise.resolve({ output: { $metadata: {}, ...pages[tokens.length - 1] }, response: {} });
    },
    { step: 'initialize' },
  );
  return { reader: cloudWatchMetrics(client, 'prod'), tokens };
}

test('values that come on several pages are all read', async () => {
  const { reader, tokens } = answering([
    {
      MetricDataResults: [
        { Id: 'q0', Values: [1, 2], StatusCode: 'PartialData' },
        { Id: 'q1', Values: [], StatusCode: 'PartialData' },
      ],
      NextToken: 'more',
    },
    {
      MetricDataResults: [
        { Id: 'q1', Values: [30], StatusCode: 'Complete' },
        { Id: 'q0', Values: [3], StatusCode: 'Complete' },
      ],
    },
  ]);

  expect(await reader.read(QUERIES, 0, HOUR)).toEqual([[1, 2, 3], [30]]);
  expect(tokens).toEqual([undefined, 'more']);
});

test('metrics that can’t be read are a failure, and not none', async () => {
  const { reader } = answering([{ MetricDataResults: [{ Id: 'q0', Values: [], StatusCode: 'InternalError' }] }]);

  await expect(reader.read(QUERIES, 0, HOUR)).rejects.toThrow('InternalError');
});
