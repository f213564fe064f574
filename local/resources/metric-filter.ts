import { Refusal } from '../refusal.ts';
import type { FilterTerm } from '../template/desired.ts';
import { list, physicalName, type ResourceType, text } from '../template/resource-type.ts';

/** One field of a JSON line that is a text, or is not. */
const TERM = /^\(?\$\.(\w+) (=|!=) "([^"\\]*)"\)?$/;

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html */
export const metricFilter: ResourceType = {
  type: 'AWS::Logs::MetricFilter',
  ref: (resource, place) => physicalName(resource, place, 'FilterName'),
  attributes: {},
  add: (resource, _place, desired) => {
    const pattern = text(resource, 'FilterPattern');
    const terms = termsOf(pattern);
    if (!terms) {
      throw new Refusal(
        `${resource.id} filters by ${pattern}; the local host knows { $.field = "text" }, !=, and && between them.`,
      );
    }
    for (const { MetricNamespace, MetricName, MetricValue } of list(resource.properties['MetricTransformations'])) {
      desired.metricFilters.push({
        terms,
        namespace: String(MetricNamespace),
        name: String(MetricName),
        value: Number(MetricValue),
      });
    }
  },
};

function termsOf(pattern: string): readonly FilterTerm[] | undefined {
  const [, inner = ''] = /^\{ ?(.*?) ?\}$/.exec(pattern) ?? [];
  const terms = inner.split(' && ').map((term) => {
    const [, field, operator, text] = TERM.exec(term) ?? [];
    return field === undefined || text === undefined ? undefined : { field, text, is: operator === '=' };
  });
  return terms.every((term) => term !== undefined) ? terms : undefined;
}
