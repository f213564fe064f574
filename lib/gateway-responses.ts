import { ResponseType, type RestApi } from 'aws-cdk-lib/aws-apigateway';
import { RETRY_AFTER_SECONDS } from '../lambdas/core/receipt.ts';

interface Answer {
  readonly types: Readonly<Record<string, ResponseType>>;
  readonly status: string;
  readonly error: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const RETRY_AFTER = { 'Retry-After': `'${RETRY_AFTER_SECONDS}'` };

/**
 * What API Gateway answers by itself, in the words of the verifier's own answers. A fault of ours is always 503 with a
 * time to come back, because many providers give up on other codes.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
 */
const ANSWERS: readonly Answer[] = [
  {
    // Its name for "no such method here" as well. An unsigned call of the admin API gets it too.
    types: { WrongMethod: ResponseType.MISSING_AUTHENTICATION_TOKEN },
    status: '405',
    error: 'method-not-allowed',
    headers: { Allow: "'POST'" },
  },
  { types: { TooLarge: ResponseType.REQUEST_TOO_LARGE }, status: '413', error: 'too-large' },
  {
    types: { Throttled: ResponseType.THROTTLED },
    status: '429',
    error: 'too-many-requests',
    headers: RETRY_AFTER,
  },
  // Where a rule of the web ACL has no answer of its own.
  { types: { Refused: ResponseType.WAF_FILTERED }, status: '403', error: 'forbidden' },
  {
    types: {
      Unavailable: ResponseType.DEFAULT_5XX,
      IntegrationFailure: ResponseType.INTEGRATION_FAILURE,
      IntegrationTimeout: ResponseType.INTEGRATION_TIMEOUT,
    },
    status: '503',
    error: 'unavailable',
    headers: RETRY_AFTER,
  },
];

export function addGatewayResponses(restApi: RestApi): void {
  for (const { types, status, error, headers } of ANSWERS) {
    for (const [id, type] of Object.entries(types)) {
      restApi.addGatewayResponse(id, {
        type,
        statusCode: status,
        templates: { 'application/json': JSON.stringify({ error }) },
        ...(headers && { responseHeaders: { ...headers } }),
      });
    }
  }
}
