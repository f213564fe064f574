import { type CloudWatchClient, GetMetricDataCommand, type GetMetricDataOutput } from '@aws-sdk/client-cloudwatch';
import type { MetricQuery, MetricReader } from '../core/admin/stats.ts';
import { metricsNamespace } from '../core/metrics.ts';

/** Of GetMetricData. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html */
const MOST_QUERIES = 500;

/** Reads the stage's own metrics. */
export function cloudWatchMetrics(client: CloudWatchClient, stage: string): MetricReader {
  async function page(queries: readonly MetricQuery[], from: number, to: number): Promise<(readonly number[])[]> {
    const values = queries.map((): number[] => []);
    let NextToken: string | undefined;
    do {
      const answer: GetMetricDataOutput = await client.send(
        new GetMetricDataCommand({
          StartTime: new Date(from),
          EndTime: new Date(to),
          MetricDataQueries: queries.map(({ metric, dimensions, statistic }, i) => ({
            Id: `q${i}`,
            MetricStat: {
              Metric: {
                Namespace: metricsNamespace(stage),
                MetricName: metric,
                Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
              },
              Period: (to - from) / 1000,
              Stat: statistic,
            },
          })),
          ...(NextToken !== undefined && { NextToken }),
        }),
      );
      for (const { Id = '', Values = [], StatusCode } of answer.MetricDataResults ?? []) {
        // Of partial data the rest is on the next page.
        if (StatusCode === 'InternalError' || StatusCode === 'Forbidden')
          throw new Error(`CloudWatch gave no data: ${StatusCode}.`);
        values[Number(Id.slice(1))]?.push(...Values);
      }
      NextToken = answer.NextToken;
    } while (NextToken !== undefined);
    return values;
  }
  return {
    async read(queries, from, to) {
      const pages: Promise<(readonly number[])[]>[] = [];
      for (let start = 0; start < queries.length; start += MOST_QUERIES)
        pages.push(page(queries.slice(start, start + MOST_QUERIES), from, to));
      return (await Promise.all(pages)).flat();
    },
  };
}
