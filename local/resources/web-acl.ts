import {
  arn,
  list,
  object,
  optionalText,
  type Place,
  type Resource,
  type ResourceType,
} from '../template/resource-type.ts';
import { toAction, toStatement } from '../waf/rules.ts';

const arnOf = (resource: Resource, place: Place) => arn(place, 'wafv2', `regional/webacl/${resource.id}`);

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  APPLICATION_JSON: 'application/json',
  TEXT_HTML: 'text/html',
  TEXT_PLAIN: 'text/plain',
};

export const webAcl: ResourceType = {
  type: 'AWS::WAFv2::WebACL',
  ref: ({ id }) => id,
  attributes: { Arn: arnOf, Id: ({ id }) => id },
  add: (resource, place, desired) => {
    const { properties, id } = resource;
    const bodies = Object.entries(object(properties['CustomResponseBodies'])).map(([key, value]) => {
      const body = object(value);
      const contentType = CONTENT_TYPES[String(body['ContentType'])] ?? 'text/plain';
      return [key, { contentType, content: String(body['Content']) }] as const;
    });
    const rules = list(properties['Rules']).map((rule) => ({
      name: String(rule['Name']),
      priority: Number(rule['Priority']),
      action: toAction(object(rule['Action'] ?? rule['OverrideAction']), `${id}, rule ${String(rule['Name'])}`),
      labels: list(rule['RuleLabels']).map((label) => String(label['Name'])),
      statement: toStatement(object(rule['Statement']), `${id}, rule ${String(rule['Name'])}`),
    }));
    desired.webAcls.push({
      arn: arnOf(resource, place),
      metricName: optionalText(object(properties['VisibilityConfig'])['MetricName']),
      defaultAction: toAction(object(properties['DefaultAction']), id),
      rules: rules.sort((a, b) => a.priority - b.priority),
      bodies: Object.fromEntries(bodies),
    });
  },
};
