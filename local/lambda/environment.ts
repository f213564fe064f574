import type { Endpoints } from '../services.ts';
import type { LambdaFunction } from './lambda-function.ts';

/**
 * The whole environment of a function: its own variables, those that Lambda reserves
 * (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html) and where the services are.
 * Nothing of this process's environment gets in.
 */
export function environmentOf(
  lambda: LambdaFunction,
  host: {
    readonly region: string;
    readonly endpoints: Endpoints;
    /** Lambda's own API. */
    readonly lambdaEndpoint: string;
    /** AWS WAF's API. */
    readonly wafEndpoint: string;
    readonly cloudWatchEndpoint: string;
    readonly logsEndpoint: string;
    readonly runtimeApi: string;
    readonly stream: string;
  },
): Record<string, string> {
  return {
    ...lambda.environment,
    AWS_REGION: host.region,
    AWS_DEFAULT_REGION: host.region,
    AWS_ACCESS_KEY_ID: lambda.id,
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: 'local',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_RUNTIME_API: host.runtimeApi,
    AWS_LAMBDA_FUNCTION_NAME: lambda.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(lambda.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${lambda.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: host.stream,
    AWS_LAMBDA_LOG_FORMAT: lambda.logFormat,
    AWS_ENDPOINT_URL_DYNAMODB: host.endpoints.dynamodb,
    AWS_ENDPOINT_URL_SQS: host.endpoints.sqs,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: host.endpoints.secretsmanager,
    AWS_ENDPOINT_URL_S3: host.endpoints.s3,
    AWS_ENDPOINT_URL_LAMBDA: host.lambdaEndpoint,
    AWS_ENDPOINT_URL_WAFV2: host.wafEndpoint,
    AWS_ENDPOINT_URL_CLOUDWATCH: host.cloudWatchEndpoint,
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: host.logsEndpoint,
    // A file of the person's own AWS configuration must not be read by accident.
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    LAMBDA_TASK_ROOT: lambda.code,
    LAMBDA_RUNTIME_DIR: lambda.code,
    _HANDLER: lambda.handler,
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    PATH: process.env['PATH'] ?? '',
  };
}
