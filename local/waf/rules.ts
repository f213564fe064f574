import { list, object } from '../template/resource-type.ts';
import { Refusal } from '../refusal.ts';

type Properties = Readonly<Record<string, unknown>>;

/** What a rule or a web ACL does with a request. */
export type WafAction =
  | { readonly kind: 'allow' }
  | { readonly kind: 'count' }
  | { readonly kind: 'block'; readonly response?: CustomResponse };

export interface CustomResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyKey?: string;
}

/** https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statements.html, those that Hookgate's template uses. */
export type Statement =
  | { readonly kind: 'and' | 'or'; readonly statements: readonly Statement[] }
  | { readonly kind: 'not'; readonly statement: Statement }
  | { readonly kind: 'ip-set'; readonly arn: string }
  | { readonly kind: 'label'; readonly key: string }
  | { readonly kind: 'regex'; readonly field: Field; readonly pattern: RegExp }
  | { readonly kind: 'body-size'; readonly over: number }
  /** A list that AWS keeps and this host doesn't have: nothing is on it. */
  | { readonly kind: 'managed'; readonly name: string }
  | {
      readonly kind: 'bytes';
      readonly field: Field;
      readonly position: 'EXACTLY' | 'STARTS_WITH' | 'ENDS_WITH' | 'CONTAINS';
      readonly search: string;
      readonly transformations: readonly Transformation[];
    }
  | {
      readonly kind: 'rate';
      readonly limit: number;
      readonly windowSeconds: number;
      readonly by: readonly ('ip' | 'path')[];
      readonly within?: Statement;
    };

export type Field = { readonly kind: 'path' | 'method' | 'query' } | { readonly kind: 'header'; readonly name: string };
export type Transformation = 'LOWERCASE' | 'URL_DECODE';

const POSITIONS = ['EXACTLY', 'STARTS_WITH', 'ENDS_WITH', 'CONTAINS'] as const;

/** Reads an `Action` or `DefaultAction`; what it doesn't know it names, because guessing would open the door. */
export function toAction(action: Properties, where: string): WafAction {
  if ('Allow' in action) return { kind: 'allow' };
  if ('Count' in action) return { kind: 'count' };
  // A group of rules that decides for itself.
  if ('None' in action) return { kind: 'block' };
  if (!('Block' in action)) throw unknown(where, `the action ${Object.keys(action).join()}`);
  const custom = object(action['Block'])['CustomResponse'];
  if (custom === undefined) return { kind: 'block' };
  const { ResponseCode, ResponseHeaders, CustomResponseBodyKey: bodyKey } = object(custom);
  const headers = list(ResponseHeaders).map(({ Name, Value }) => [String(Name), String(Value)] as const);
  return {
    kind: 'block',
    response: {
      status: Number(ResponseCode),
      headers: Object.fromEntries(headers),
      ...(typeof bodyKey === 'string' && { bodyKey }),
    },
  };
}

export function toStatement(statement: Properties, where: string): Statement {
  const [[name, value] = ['', {}]] = Object.entries(statement);
  const properties = object(value);
  switch (name) {
    case 'AndStatement':
    case 'OrStatement': {
      const statements = list(properties['Statements']).map((one) => toStatement(one, where));
      return { kind: name === 'AndStatement' ? 'and' : 'or', statements };
    }
    case 'NotStatement':
      return { kind: 'not', statement: toStatement(object(properties['Statement']), where) };
    case 'IPSetReferenceStatement':
      if (properties['IPSetForwardedIPConfig'] !== undefined) throw unknown(where, 'a forwarded address');
      return { kind: 'ip-set', arn: String(properties['Arn']) };
    case 'LabelMatchStatement':
      if (properties['Scope'] !== 'LABEL') throw unknown(where, 'a match by label namespace');
      return { kind: 'label', key: String(properties['Key']) };
    case 'ByteMatchStatement':
      return toByteMatch(properties, where);
    case 'RegexMatchStatement':
      return toRegex(properties, where);
    case 'SizeConstraintStatement':
      return toBodySize(properties, where);
    case 'ManagedRuleGroupStatement':
      if (properties['Name'] !== 'AWSManagedRulesAmazonIpReputationList')
        throw unknown(where, String(properties['Name']));
      return { kind: 'managed', name: properties['Name'] };
    case 'RateBasedStatement':
      return toRate(properties, where);
    default:
      throw unknown(where, name);
  }
}

function toByteMatch(properties: Properties, where: string): Statement {
  const position = POSITIONS.find((one) => one === properties['PositionalConstraint']);
  if (!position) throw unknown(where, String(properties['PositionalConstraint']));
  const { SearchString, SearchStringBase64 } = properties;
  return {
    kind: 'bytes',
    field: toField(object(properties['FieldToMatch']), where),
    position,
    search:
      typeof SearchString === 'string'
        ? SearchString
        : Buffer.from(String(SearchStringBase64), 'base64').toString('latin1'),
    transformations: toTransformations(properties['TextTransformations'], where),
  };
}

/**
 * AWS WAF takes most of PCRE: https://docs.aws.amazon.com/waf/latest/developerguide/waf-regex-pattern-support.html
 * JavaScript reads letters, groups without capture, alternatives, anchors and quantifiers the same; the rest is refused.
 */
function toRegex(properties: Properties, where: string): Statement {
  const text = String(properties['RegexString']);
  if (!/^(?:[\w/|^$-]|\(\?:|\)|[?*+])+$/.test(text)) throw unknown(where, `the expression ${text}`);
  if (toTransformations(properties['TextTransformations'], where).length > 0) throw unknown(where, 'a changed text');
  return { kind: 'regex', field: toField(object(properties['FieldToMatch']), where), pattern: new RegExp(text) };
}

function toBodySize(properties: Properties, where: string): Statement {
  const body = object(object(properties['FieldToMatch'])['Body']);
  // With CONTINUE a body beyond what is inspected counts as what was read of it.
  if (body['OversizeHandling'] !== 'CONTINUE' || properties['ComparisonOperator'] !== 'GT') {
    throw unknown(where, 'this limit of a size');
  }
  return { kind: 'body-size', over: Number(properties['Size']) };
}

function toField(field: Properties, where: string): Field {
  if ('UriPath' in field) return { kind: 'path' };
  if ('Method' in field) return { kind: 'method' };
  if ('QueryString' in field) return { kind: 'query' };
  if ('SingleHeader' in field) {
    return { kind: 'header', name: String(object(field['SingleHeader'])['Name']).toLowerCase() };
  }
  throw unknown(where, `the field ${Object.keys(field).join()}`);
}

function toTransformations(value: unknown, where: string): Transformation[] {
  const ordered = [...list(value)].sort((a, b) => Number(a['Priority']) - Number(b['Priority']));
  return ordered.flatMap(({ Type }) => {
    if (Type === 'NONE') return [];
    if (Type === 'LOWERCASE' || Type === 'URL_DECODE') return [Type];
    throw unknown(where, `the text transformation ${String(Type)}`);
  });
}

function toRate(properties: Properties, where: string): Statement {
  const within = properties['ScopeDownStatement'];
  return {
    kind: 'rate',
    limit: Number(properties['Limit']),
    windowSeconds: Number(properties['EvaluationWindowSec'] ?? 300),
    by: toKeys(properties, where),
    ...(within !== undefined && { within: toStatement(object(within), where) }),
  };
}

function toKeys(properties: Properties, where: string): ('ip' | 'path')[] {
  const { AggregateKeyType: type } = properties;
  if (type === 'IP') return ['ip'];
  if (type === 'CONSTANT') return [];
  if (type !== 'CUSTOM_KEYS') throw unknown(where, `the aggregation by ${String(type)}`);
  return list(properties['CustomKeys']).map((key) => {
    if ('IP' in key) return 'ip';
    if ('UriPath' in key && toTransformations(object(key['UriPath'])['TextTransformations'], where).length === 0) {
      return 'path';
    }
    throw unknown(where, `the aggregation key ${Object.keys(key).join()}`);
  });
}

function unknown(where: string, what: string): Refusal {
  return new Refusal(`${where}: the local host does not evaluate ${what}. Write the rule without it (lib/web-acl.ts).`);
}
