import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import {
  AccessLogField,
  AccessLogFormat,
  AuthorizationType,
  CfnRestApi,
  EndpointType,
  LambdaIntegration,
  LogGroupLogDestination,
  type MethodDeploymentOptions,
  MethodLoggingLevel,
  RestApi,
} from 'aws-cdk-lib/aws-apigateway';
import { FilterPattern, LogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { FAULT_METRIC, metricsNamespace, THROTTLED_METRIC } from '../lambdas/core/metrics.ts';
import { methodsOf } from '../lambdas/core/scheme/provider.ts';
import { providers } from '../lambdas/providers/index.ts';
import { ApiDomain } from './api-domain.ts';
import { apiPolicyOf } from './api-policy.ts';
import type { Bucket, Domain } from './config.ts';
import { dataKeyOf } from './data-key.ts';
import type { GatewayFunction } from './gateway-function.ts';
import { addGatewayResponses } from './gateway-responses.ts';
import type { Plan } from './plan.ts';
import { type TlsPolicy, tlsPolicyOf } from './tls.ts';

/**
 * The REST API: `POST /webhooks/{source}` for providers, `/admin` for operators. A REST API and not an HTTP API,
 * because AWS WAF can only stand before the former.
 */
export class Api extends Construct {
  readonly rest: RestApi;
  private readonly webhookMethods: readonly string[];
  private readonly domain: Domain | undefined;

  constructor(scope: Construct, id: string, plan: Plan) {
    super(scope, id);
    const { stage, settings, sources } = plan;
    const { domain } = settings;
    const { webhooks, admin: adminLimit } = settings.limits;
    this.domain = domain;
    this.webhookMethods = methodsOfAll(sources);

    const key = dataKeyOf(this);
    const accessLog = new LogGroup(this, 'AccessLog', {
      retention: settings.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
      ...(key && { encryptionKey: key }),
    });
    // API Gateway has no metric of 429, and one of 5xx that counts the admin API with the webhooks.
    const webhooksOnly = FilterPattern.stringValue('$.path', '!=', '*/admin/*');
    new MetricFilter(this, 'Throttled', {
      logGroup: accessLog,
      filterPattern: FilterPattern.all(
        FilterPattern.stringValue('$.status', '=', '429'),
        webhooksOnly,
        // AWS WAF counts by itself, and knows a limit of a source from one of an address.
        FilterPattern.stringValue('$.waf', '=', 'WAF_ALLOW'),
      ),
      metricNamespace: metricsNamespace(stage),
      metricName: THROTTLED_METRIC,
    });
    new MetricFilter(this, 'Faults', {
      logGroup: accessLog,
      filterPattern: FilterPattern.all(FilterPattern.stringValue('$.status', '=', '5*'), webhooksOnly),
      metricNamespace: metricsNamespace(stage),
      metricName: FAULT_METRIC,
    });
    this.rest = new RestApi(this, 'Rest', {
      restApiName: `hookgate-${stage}`,
      description: `Webhooks and admin API of Hookgate, stage ${stage}.`,
      endpointTypes: [EndpointType.REGIONAL],
      // Every type is binary, or API Gateway would decode bodies as UTF-8 and the signed bytes be lost.
      binaryMediaTypes: ['*/*'],
      // The role that lets API Gateway write logs is one per account and region: a stack that sets it would set it for
      // every other API there, and unset it when it goes. README: "Once per account".
      cloudWatchRole: false,
      // A second address would be a way round the domain's certificates.
      ...(domain && { disableExecuteApiEndpoint: true }),
      ...(settings.apiPolicy && { policy: apiPolicyOf(plan) }),
      deployOptions: {
        stageName: stage,
        accessLogDestination: new LogGroupLogDestination(accessLog),
        accessLogFormat: ACCESS_LOG,
        tracingEnabled: true,
        ...methodSettings(webhooks),
        methodOptions: {
          ...Object.fromEntries(
            this.webhookMethods.map((method) => [`/webhooks/{source}/${method}`, methodSettings(webhooks)]),
          ),
          // `ANY` has no settings of its own: API Gateway keeps them for each HTTP method.
          ...Object.fromEntries(METHODS.map((method) => [`/admin/{proxy+}/${method}`, methodSettings(adminLimit)])),
        },
      },
    });
    const tls = tlsPolicyOf(settings);
    this.encrypt(tls);
    if (domain) new ApiDomain(this, 'Domain', { domain, tls, api: this.rest });
    addGatewayResponses(this.rest);
  }

  /** Where a provider sends to. */
  webhookUrl(source: string): string {
    return this.urlOf(`/webhooks/${source}`);
  }

  get adminUrl(): string {
    return this.urlOf('/admin');
  }

  private urlOf(path: string): string {
    return this.domain ? `https://${this.domain.name}${path}` : this.rest.urlForPath(path);
  }

  /** `POST /webhooks/{source}`, and the methods that a configured provider's set-up requests use. */
  sendWebhooksTo(verifier: GatewayFunction): void {
    const resource = this.rest.root.addResource('webhooks').addResource('{source}');
    const integration = new LambdaIntegration(verifier.lambda, { allowTestInvoke: false });
    const requestValidator = this.rest.addRequestValidator('WebhookValidator', {
      requestValidatorName: 'webhooks',
      validateRequestParameters: true,
      validateRequestBody: true,
    });
    const reason =
      'A webhook is authorised by the signature over its body, which the verifier checks and an authorizer never sees.';
    for (const httpMethod of this.webhookMethods) {
      const method = resource.addMethod(httpMethod, integration, {
        authorizationType: AuthorizationType.NONE,
        requestParameters: { 'method.request.path.source': true },
        // Without a model it lets every body pass, as it must: which headers and which body are right differs by
        // provider, and an answer from here would tell what is missing.
        requestValidator,
      });
      Validations.of(method).acknowledge(
        { id: 'AwsSolutions-APIG4', reason },
        { id: 'AwsSolutions-COG4', reason: `${reason} Providers have no user pool.` },
      );
    }
  }

  /** Everything under `/admin/`, for callers with an IAM signature. */
  sendAdminTo(admin: GatewayFunction): void {
    const method = this.rest.root
      .addResource('admin')
      .addResource('{proxy+}')
      .addMethod('ANY', new LambdaIntegration(admin.lambda, { allowTestInvoke: false }), {
        authorizationType: AuthorizationType.IAM,
      });
    Validations.of(method).acknowledge({
      id: 'AwsSolutions-COG4',
      reason: 'Operators sign with IAM, which their AWS account has already; a user pool would be a second directory.',
    });
  }

  private encrypt({ securityPolicy, strict }: TlsPolicy): void {
    const resource = this.rest.node.defaultChild;
    if (!(resource instanceof CfnRestApi)) throw new Error('The REST API has no CloudFormation resource.');
    resource.securityPolicy = securityPolicy;
    if (strict) resource.endpointAccessMode = 'STRICT';
  }
}

/** POST, and where a configured provider asks with another method first, that too. */
function methodsOfAll(sources: Plan['sources']): readonly string[] {
  const methods = sources.flatMap(({ provider }) => {
    const declared = providers.get(provider);
    return declared ? [...methodsOf(declared)] : [];
  });
  return [...new Set(['POST', ...methods])];
}

const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'] as const;

/** Whole for each method: what a method's own settings leave out is off, and not as the stage has it. */
function methodSettings({ requestsPerSecond, burst }: Bucket): MethodDeploymentOptions {
  return {
    throttlingRateLimit: requestsPerSecond,
    throttlingBurstLimit: burst,
    loggingLevel: MethodLoggingLevel.ERROR,
    // It would log whole requests, signatures and payloads included.
    dataTraceEnabled: false,
  };
}

/**
 * One line a request, of named fields: no header and no query, where signatures and tokens travel. Its time is CloudWatch's
 * own. Names are short, because every webhook pays for them.
 */
const ACCESS_LOG = AccessLogFormat.custom(
  JSON.stringify({
    id: AccessLogField.contextRequestId(),
    ip: AccessLogField.contextIdentitySourceIp(),
    method: AccessLogField.contextHttpMethod(),
    path: AccessLogField.contextPath(),
    status: AccessLogField.contextStatus(),
    ms: AccessLogField.contextResponseLatency(),
    waf: AccessLogField.contextWafResponseCode(),
    error: AccessLogField.contextErrorResponseType(),
    tls: '$context.tlsVersion',
    cipher: '$context.cipherSuite',
  }),
);
