import { ResponseType, type RestApi } from 'aws-cdk-lib/aws-apigateway';
import { RETRY_AFTER_SECONDS } from '../lambdas/core/receipt.ts';

interface Answer {
  readonly types: Readonly<Record<string, ResponseType>>;
  readonly status: string;
  readonly error: string;
  /** A sentence for people. */
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const RETRY_AFTER = { 'Retry-After': `'${RETRY_AFTER_SECONDS}'` };

/**
 * What API Gateway answers by itself: a problem document (RFC 9457), as the admin API answers, with the word of the
 * verifier's own answers in it. A template knows no path, so both get both. A fault of ours is always 503 with a
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
    detail: 'Not a method of this path, or not signed.',
    headers: { Allow: "'POST'" },
  },
  {
    types: { TooLarge: ResponseType.REQUEST_TOO_LARGE },
    status: '413',
    error: 'too-large',
    detail: 'The request is too large.',
  },
  {
    types: { Throttled: ResponseType.THROTTLED },
    status: '429',
    error: 'too-many-requests',
    detail: 'Too many requests; come again later.',
    headers: RETRY_AFTER,
  },
  {
    types: {
      // Where a rule of the web ACL has no answer of its own.
      Refused: ResponseType.WAF_FILTERED,
      // Of the admin API: who signed may not, or the signature is wrong or old.
      Denied: ResponseType.ACCESS_DENIED,
      WrongSignature: ResponseType.INVALID_SIGNATURE,
      OldSignature: ResponseType.EXPIRED_TOKEN,
    },
    status: '403',
    error: 'forbidden',
    detail: 'Not allowed.',
  },
  {
    types: {
      Unavailable: ResponseType.DEFAULT_5XX,
      IntegrationFailure: ResponseType.INTEGRATION_FAILURE,
      IntegrationTimeout: ResponseType.INTEGRATION_TIMEOUT,
    },
    status: '503',
    error: 'unavailable',
    detail: 'Our fault; come again later.',
    headers: RETRY_AFTER,
  },
];

export function addGatewayResponses(restApi: RestApi): void {
  for (const { types, status, error, detail, headers } of ANSWERS) {
    for (const [id, type] of Object.entries(types)) {
      restApi.addGatewayResponse(id, {
        type,
        statusCode: status,
        templates: {
          'application/json': JSON.stringify({ type: 'about:blank', status: Number(status), detail, error }),
        },
        responseHeaders: { 'Content-Type': "'application/problem+json'", ...headers },
      });
    }
  }
}
