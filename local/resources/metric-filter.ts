import { Refusal } from '../refusal.ts';
import { list, physicalName, type ResourceType, text } from '../template/resource-type.ts';

/** One field of a JSON line that equals a text. */
const PATTERN = /^\{ ?\$\.(\w+) = "([^"]*)" ?\}$/;

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html */
export const metricFilter: ResourceType = {
  type: 'AWS::Logs::MetricFilter',
  ref: (resource, place) => physicalName(resource, place, 'FilterName'),
  attributes: {},
  add: (resource, _place, desired) => {
    const pattern = text(resource, 'FilterPattern');
    const [, field, equals] = PATTERN.exec(pattern) ?? [];
    if (field === undefined || equals === undefined) {
      throw new Refusal(`${resource.id} filters by ${pattern}; the local host knows { $.field = "text" } only.`);
    }
    for (const { MetricNamespace, MetricName, MetricValue } of list(resource.properties['MetricTransformations'])) {
      desired.metricFilters.push({
        field,
        equals,
        namespace: String(MetricNamespace),
        name: String(MetricName),
        value: Number(MetricValue),
      });
    }
  },
};
