import { Match, Template } from 'aws-cdk-lib/assertions';
import { config } from '../../lib/config.ts';
import { accessLogLine } from '../../local/gateway/access-log.ts';
import { planOf, resourcesOf, stackOf } from './stage.ts';

let template: Template;
beforeAll(async () => {
  template = Template.fromStack(stackOf(await planOf('prod')));
});

interface Rule {
  readonly Name: string;
  readonly Priority: number;
  readonly Action: object;
  readonly Statement: object;
  readonly RuleLabels?: readonly { readonly Name: string }[];
}

function webAcl(from = template) {
  const [acl, ...others] = resourcesOf(from, 'AWS::WAFv2::WebACL').values();
  expect(others).toEqual([]);
  return acl?.Properties as { readonly Rules: readonly Rule[]; readonly DefaultAction: object };
}

function rule(name: string, from = template): Rule {
  const found = webAcl(from).Rules.find((it) => it.Name === name);
  if (!found) throw new Error(`There is no rule ${name}.`);
  return found;
}

const path = (positionalConstraint: string, searchString: string) => ({
  ByteMatchStatement: {
    FieldToMatch: { UriPath: {} },
    PositionalConstraint: positionalConstraint,
    SearchString: searchString,
    TextTransformations: [{ Priority: 0, Type: 'NONE' }],
  },
});
const exactly = (names: string) => ({
  RegexMatchStatement: {
    FieldToMatch: { UriPath: {} },
    RegexString: `^/(?:prod/)?webhooks/(?:${names})$`,
    TextTransformations: [{ Priority: 0, Type: 'NONE' }],
  },
});
const adminPaths = [path('STARTS_WITH', '/admin/'), path('STARTS_WITH', '/prod/admin/')];
const withoutClimbing = (statement: object) => ({
  AndStatement: {
    Statements: [
      statement,
      {
        NotStatement: {
          Statement: {
            ByteMatchStatement: {
              FieldToMatch: { UriPath: {} },
              PositionalConstraint: 'CONTAINS',
              SearchString: '/..',
              TextTransformations: [{ Priority: 0, Type: 'URL_DECODE' }],
            },
          },
        },
      },
    ],
  },
});
const labelled = { LabelMatchStatement: { Scope: 'LABEL', Key: 'hookgate:allowed' } };
const blockedWith = (status: number, headers = {}) => ({
  Block: { CustomResponse: { ResponseCode: status, CustomResponseBodyKey: `answer-${status}`, ...headers } },
});
const tooMany = blockedWith(429, { ResponseHeaders: [{ Name: 'retry-after', Value: '30' }] });

describe('the web ACL', () => {
  test('refuses by default, as an unknown path', () => {
    expect(webAcl().DefaultAction).toEqual(blockedWith(404));
  });

  test('asks in this order', () => {
    const rules = [...webAcl().Rules].sort((a, b) => a.Priority - b.Priority);
    expect(rules.map(({ Name }) => Name)).toEqual([
      'rate-by-address',
      'allow-1',
      'allow-2',
      'blocked',
      'ill-repute',
      'count-large-bodies',
      'rate-by-source-1',
      'admit',
      'refuse',
    ]);
  });

  test('answers 429 to an address that calls too often', () => {
    expect(rule('rate-by-address')).toMatchObject({
      Action: tooMany,
      Statement: { RateBasedStatement: { AggregateKeyType: 'IP', Limit: 12_000, EvaluationWindowSec: 60 } },
    });
  });

  test('labels a source’s exact paths, with and without the stage, when the address is of its set', () => {
    const set = [...resourcesOf(template, 'AWS::WAFv2::IPSet')].find(([id]) => id.includes('Addresses'));
    expect(rule('allow-1')).toMatchObject({
      Action: { Count: {} },
      RuleLabels: [{ Name: 'hookgate:allowed' }, { Name: 'hookgate:listed' }],
      Statement: {
        AndStatement: {
          Statements: [exactly('scalekit'), { IPSetReferenceStatement: { Arn: { 'Fn::GetAtt': [set?.[0], 'Arn'] } } }],
        },
      },
    });
    expect(set?.[1].Properties).toMatchObject({
      Scope: 'REGIONAL',
      IPAddressVersion: 'IPV4',
      Addresses: ['52.206.68.0/24', '54.236.0.0/16'],
    });
  });

  test('labels the paths that anybody may call, whatever the address; none under /admin/ that leads out of it', () => {
    expect(rule('allow-2')).toMatchObject({
      Action: { Count: {} },
      RuleLabels: [{ Name: 'hookgate:allowed' }],
      Statement: {
        OrStatement: {
          Statements: [exactly('inkress|skribby'), ...adminPaths.map(withoutClimbing)],
        },
      },
    });
  });

  test('counts a listed source’s share by path, of requests from its list only', () => {
    expect(rule('rate-by-source-1')).toMatchObject({
      Action: tooMany,
      Statement: {
        RateBasedStatement: {
          AggregateKeyType: 'CUSTOM_KEYS',
          CustomKeys: [{ UriPath: { TextTransformations: [{ Priority: 0, Type: 'NONE' }] } }],
          Limit: 12_000,
          EvaluationWindowSec: 60,
          ScopeDownStatement: {
            AndStatement: {
              Statements: [{ LabelMatchStatement: { Scope: 'LABEL', Key: 'hookgate:listed' } }, exactly('scalekit')],
            },
          },
        },
      },
    });
  });

  test('lets in what is labelled and answers 403 to everybody else on a known path', () => {
    expect(rule('admit')).toMatchObject({ Action: { Allow: {} }, Statement: labelled });
    expect(rule('refuse')).toMatchObject({
      Action: blockedWith(403),
      Statement: {
        OrStatement: {
          Statements: [exactly('inkress|scalekit|skribby'), ...adminPaths],
        },
      },
    });
  });

  test('has an answer in the gateway’s own words for each status', () => {
    template.hasResourceProperties('AWS::WAFv2::WebACL', {
      CustomResponseBodies: {
        'answer-403': { ContentType: 'APPLICATION_JSON', Content: '{"error":"forbidden"}' },
        'answer-404': { ContentType: 'APPLICATION_JSON', Content: '{"error":"not-found"}' },
        'answer-429': { ContentType: 'APPLICATION_JSON', Content: '{"error":"too-many-requests"}' },
      },
    });
  });

  test('refuses nothing for its body: large ones are counted, beyond what is inspected too', () => {
    const looksAtBodies = webAcl().Rules.filter((it) => JSON.stringify(it.Statement).includes('"Body"'));
    expect(looksAtBodies).toMatchObject([
      {
        Name: 'count-large-bodies',
        Action: { Count: {} },
        Statement: {
          SizeConstraintStatement: {
            FieldToMatch: { Body: { OversizeHandling: 'CONTINUE' } },
            ComparisonOperator: 'GT',
            Size: 8192,
          },
        },
      },
    ]);
  });

  test('trusts no header for the address', () => {
    expect(JSON.stringify(webAcl().Rules)).not.toContain('ForwardedIP');
  });

  test.each([
    ['by default only counts', {}, { Count: {} }],
    ['where it is enforced refuses', { blocking: 'enforce' as const }, blockedWith(403)],
  ])(
    '%s addresses whose signatures keep failing, and never one of a source’s own list',
    async (_, settings, action) => {
      const stages = { ...config.stages, prod: { ...config.stages.prod, ...settings } };
      const own = Template.fromStack(stackOf(await planOf('prod', { ...config, stages })));
      const sets = [...resourcesOf(own, 'AWS::WAFv2::IPSet')].filter(([id]) => id.includes('Blocked'));
      expect(sets.map(([, { Properties }]) => [Properties.IPAddressVersion, Properties.Addresses])).toEqual([
        ['IPV4', []],
        ['IPV6', []],
      ]);
      expect(rule('blocked', own)).toMatchObject({
        Action: action,
        Statement: {
          AndStatement: {
            Statements: [
              { NotStatement: { Statement: { LabelMatchStatement: { Scope: 'LABEL', Key: 'hookgate:listed' } } } },
              {
                OrStatement: {
                  Statements: sets.map(([id]) => ({ IPSetReferenceStatement: { Arn: { 'Fn::GetAtt': [id, 'Arn'] } } })),
                },
              },
            ],
          },
        },
      });
    },
  );

  test('refuses addresses of ill repute by AWS’s list, but never one of a source’s own list', () => {
    expect(rule('ill-repute')).toMatchObject({
      OverrideAction: { None: {} },
      Statement: {
        ManagedRuleGroupStatement: {
          VendorName: 'AWS',
          Name: 'AWSManagedRulesAmazonIpReputationList',
          ScopeDownStatement: {
            NotStatement: { Statement: { LabelMatchStatement: { Scope: 'LABEL', Key: 'hookgate:listed' } } },
          },
        },
      },
    });
  });

  test('logs what it refuses, without the query and the headers that signatures and tokens travel in', () => {
    const [id] = resourcesOf(template, 'AWS::WAFv2::WebACL').keys();
    template.hasResourceProperties('AWS::Logs::LogGroup', { LogGroupName: 'aws-waf-logs-hookgate-prod' });
    template.hasResourceProperties('AWS::WAFv2::LoggingConfiguration', {
      ResourceArn: { 'Fn::GetAtt': [id, 'Arn'] },
      LoggingFilter: {
        DefaultBehavior: 'DROP',
        Filters: [
          { Behavior: 'KEEP', Requirement: 'MEETS_ANY', Conditions: [{ ActionCondition: { Action: 'BLOCK' } }] },
        ],
      },
      RedactedFields: [
        { QueryString: {} },
        ...[
          'authorization',
          'cookie',
          'webhook-id',
          'webhook-signature',
          'webhook-timestamp',
          'x-amz-security-token',
          'x-inkress-signature',
          'x-skribby-signature',
          'x-skribby-timestamp',
          'x-skribby-webhook-id',
        ].map((Name) => ({ SingleHeader: { Name } })),
      ],
    });
  });

  test('stands before the stage of the API', () => {
    const [[stage] = []] = [...resourcesOf(template, 'AWS::ApiGateway::Stage')];
    template.hasResourceProperties('AWS::WAFv2::WebACLAssociation', {
      ResourceArn: { 'Fn::Join': ['', Match.arrayWith([{ Ref: stage }])] },
    });
  });

  test('keeps IPv4 and IPv6 in a set each, and either will do', async () => {
    const local = Template.fromStack(stackOf(await planOf('local')));
    const sets = [...resourcesOf(local, 'AWS::WAFv2::IPSet')].filter(([id]) => id.includes('Addresses'));
    expect(sets.map(([, { Properties }]) => [Properties.IPAddressVersion, Properties.Addresses])).toEqual([
      ['IPV4', ['127.0.0.1/32']],
      ['IPV6', ['::1/128']],
    ]);
    expect(rule('allow-1', local).Statement).toMatchObject({
      AndStatement: {
        Statements: [
          {},
          {
            OrStatement: {
              Statements: sets.map(([id]) => ({ IPSetReferenceStatement: { Arn: { 'Fn::GetAtt': [id, 'Arn'] } } })),
            },
          },
        ],
      },
    });
  });

  test('gives a source with a share of its own a rule of its own', async () => {
    const plan = await planOf('prod', {
      ...config,
      sources: config.sources.map((source) => {
        if (source.name === 'skribby') return { ...source, allow: { cidrs: ['203.0.113.0/24'] } };
        return source.name === 'scalekit' ? { ...source, throttle: { requestsPerMinute: 60 } } : source;
      }),
    });
    const own = Template.fromStack(stackOf(plan));
    const limits = ['rate-by-source-1', 'rate-by-source-2'].map(
      (name) => (rule(name, own).Statement as { RateBasedStatement: { Limit: number } }).RateBasedStatement.Limit,
    );
    expect(limits).toEqual([60, 12_000]);
  });
});

describe('the API', () => {
  test('is regional, speaks TLS 1.2 and later with forward secrecy, and leaves every body as it came', () => {
    template.hasResourceProperties('AWS::ApiGateway::RestApi', {
      EndpointConfiguration: { Types: ['REGIONAL'] },
      SecurityPolicy: 'SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09',
      EndpointAccessMode: 'STRICT',
      BinaryMediaTypes: ['*/*'],
      MinimumCompressionSize: Match.absent(),
    });
  });

  test('takes POST for a source, which the verifier authorises, and any method under /admin, which IAM does', () => {
    template.resourceCountIs('AWS::ApiGateway::Method', 2);
    template.hasResourceProperties('AWS::ApiGateway::Method', {
      HttpMethod: 'POST',
      AuthorizationType: 'NONE',
      Integration: { Type: 'AWS_PROXY' },
      RequestValidatorId: Match.anyValue(),
    });
    template.hasResourceProperties('AWS::ApiGateway::Method', {
      HttpMethod: 'ANY',
      AuthorizationType: 'AWS_IAM',
      Integration: { Type: 'AWS_PROXY' },
    });
    const parts = [...resourcesOf(template, 'AWS::ApiGateway::Resource').values()];
    expect(parts.map(({ Properties }) => Properties.PathPart).sort()).toEqual([
      'admin',
      'webhooks',
      '{proxy+}',
      '{source}',
    ]);
  });

  test('throttles webhooks and the admin API apart, traces, and logs errors without data', () => {
    template.hasResourceProperties('AWS::ApiGateway::Stage', {
      StageName: 'prod',
      TracingEnabled: true,
      MethodSettings: [
        ['/*', '*', 500, 1_000],
        ['/~1webhooks~1{source}', 'POST', 500, 1_000],
        ...['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'].map((method) => [
          '/~1admin~1{proxy+}',
          method,
          10,
          20,
        ]),
      ].map(([ResourcePath, HttpMethod, ThrottlingRateLimit, ThrottlingBurstLimit]) => ({
        ResourcePath,
        HttpMethod,
        ThrottlingRateLimit,
        ThrottlingBurstLimit,
        LoggingLevel: 'ERROR',
        DataTraceEnabled: false,
      })),
    });
  });

  test('logs each request as JSON of named fields, without headers or query', () => {
    const [stage] = [...resourcesOf(template, 'AWS::ApiGateway::Stage').values()];
    const { Format } = stage?.Properties.AccessLogSetting as { Format: string };
    expect(JSON.parse(Format)).toEqual({
      id: '$context.requestId',
      ip: '$context.identity.sourceIp',
      method: '$context.httpMethod',
      path: '$context.path',
      status: '$context.status',
      ms: '$context.responseLatency',
      waf: '$context.wafResponseCode',
      error: '$context.error.responseType',
      tls: '$context.tlsVersion',
      cipher: '$context.cipherSuite',
    });
    const line = accessLogLine(Format, {
      requestId: '0b9b9a4c-7f0d-4f3e-9d53-3c6d3f0a8f10',
      sourceIp: '203.0.113.7',
      method: 'POST',
      path: '/prod/webhooks/scalekit?token=secret',
      status: 201,
      ms: 24,
      blocked: false,
    });
    expect(line).not.toContain('secret');
    // Here both are unknown; there they are TLSv1.3 and TLS_AES_128_GCM_SHA256.
    expect(line.length - 2 + 'TLSv1.3TLS_AES_128_GCM_SHA256'.length).toBeLessThanOrEqual(220);
  });

  test('leaves the account’s role for logs alone', () => {
    template.resourceCountIs('AWS::ApiGateway::Account', 0);
  });

  test.each([
    ['MISSING_AUTHENTICATION_TOKEN', '405', 'method-not-allowed', { 'gatewayresponse.header.Allow': "'POST'" }],
    ['REQUEST_TOO_LARGE', '413', 'too-large', {}],
    ['THROTTLED', '429', 'too-many-requests', { 'gatewayresponse.header.Retry-After': "'30'" }],
    ['WAF_FILTERED', '403', 'forbidden', {}],
    ['ACCESS_DENIED', '403', 'forbidden', {}],
    ['INVALID_SIGNATURE', '403', 'forbidden', {}],
    ['EXPIRED_TOKEN', '403', 'forbidden', {}],
    ['DEFAULT_5XX', '503', 'unavailable', { 'gatewayresponse.header.Retry-After': "'30'" }],
    ['INTEGRATION_FAILURE', '503', 'unavailable', { 'gatewayresponse.header.Retry-After': "'30'" }],
    ['INTEGRATION_TIMEOUT', '503', 'unavailable', { 'gatewayresponse.header.Retry-After': "'30'" }],
  ])('answers %s with %s, a problem document that has the word', (type, status, error, headers) => {
    const [found] = [...resourcesOf(template, 'AWS::ApiGateway::GatewayResponse').values()].filter(
      ({ Properties }) => Properties.ResponseType === type,
    );
    expect(found?.Properties).toMatchObject({
      StatusCode: status,
      ResponseParameters: { 'gatewayresponse.header.Content-Type': "'application/problem+json'", ...headers },
    });
    const { 'application/json': body } = found?.Properties.ResponseTemplates as Record<string, string>;
    expect(JSON.parse(body ?? '')).toEqual({
      type: 'about:blank',
      status: Number(status),
      detail: expect.stringMatching(/\.$/) as string,
      error,
    });
  });
});
