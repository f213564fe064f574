import type { GatewayResponse } from '../template/desired.ts';

/** What the gateway sends back. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer;
  /** The web ACL refused the request. */
  readonly blocked?: true;
}

/** API Gateway's own answers: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html */
const DEFAULTS = {
  ACCESS_DENIED: { status: 403, message: 'Forbidden' },
  MISSING_AUTHENTICATION_TOKEN: { status: 403, message: 'Missing Authentication Token' },
  WAF_FILTERED: { status: 403, message: 'Forbidden' },
  REQUEST_TOO_LARGE: { status: 413, message: 'Request Too Long' },
  THROTTLED: { status: 429, message: 'Too Many Requests' },
  INTEGRATION_FAILURE: { status: 502, message: 'Internal server error' },
  INTEGRATION_TIMEOUT: { status: 504, message: 'Endpoint request timed out' },
} as const;

export type GatewayResponseType = keyof typeof DEFAULTS;

const DEFAULT_TEMPLATE = '{"message":$context.error.messageString}';

/** Answers in the template's words where it has a gateway response for the type, or for its class. */
export function gatewayResponses(
  responses: readonly GatewayResponse[],
): (type: GatewayResponseType, requestId: string) => Answer {
  const byType = new Map(responses.map((response) => [response.type, response]));
  return (type, requestId) => {
    const fallback = DEFAULTS[type];
    const response = byType.get(type) ?? byType.get(fallback.status < 500 ? 'DEFAULT_4XX' : 'DEFAULT_5XX');
    const body = (response?.template ?? DEFAULT_TEMPLATE)
      .replaceAll('$context.error.messageString', JSON.stringify(fallback.message))
      .replaceAll('$context.error.message', fallback.message)
      .replaceAll('$context.error.responseType', type)
      .replaceAll('$context.requestId', requestId);
    return {
      status: response?.status ?? fallback.status,
      headers: { 'content-type': 'application/json', 'x-amzn-errortype': type, ...lowerCased(response?.headers ?? {}) },
      body: Buffer.from(body),
    };
  };
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** Reads what a function returned; undefined when it is not what a proxy integration must return. */
export function fromProxyResult(payload: Buffer): Answer | undefined {
  let value: unknown;
  try {
    value = JSON.parse(payload.toString());
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { statusCode, headers, multiValueHeaders, body, isBase64Encoded } = value as Record<string, unknown>;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 100 || status > 599) return undefined;
  if (body !== undefined && body !== null && typeof body !== 'string') return undefined;
  const all: Record<string, string | string[]> = {};
  for (const [name, one] of Object.entries((headers ?? {}) as Record<string, unknown>))
    all[name.toLowerCase()] = String(one);
  for (const [name, many] of Object.entries((multiValueHeaders ?? {}) as Record<string, unknown>)) {
    if (Array.isArray(many)) all[name.toLowerCase()] = many.map(String);
  }
  all['content-type'] ??= 'application/json';
  return { status, headers: all, body: Buffer.from(body ?? '', isBase64Encoded === true ? 'base64' : 'utf8') };
}
