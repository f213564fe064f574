import { type CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { MetricQuery, MetricReader } from '../core/admin/stats.ts';
import { metricsNamespace } from '../core/metrics.ts';

/** Of GetMetricData. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html */
const MOST_QUERIES = 500;

/** Reads the stage's own metrics. */
export function cloudWatchMetrics(client: CloudWatchClient, stage: string): MetricReader {
  async function page(queries: readonly MetricQuery[], from: number, to: number): Promise<(readonly number[])[]> {
    const { MetricDataResults = [] } = await client.send(
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
      }),
    );
    const byId = new Map(MetricDataResults.map(({ Id, Values = [] }) => [Id, Values]));
    return queries.map((_, i) => byId.get(`q${i}`) ?? []);
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
