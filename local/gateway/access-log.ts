/** What API Gateway knows of a request that it answered. */
export interface Answered {
  readonly requestId: string;
  readonly sourceIp: string;
  readonly method: string;
  /** As it was sent, with its query. */
  readonly path: string;
  readonly status: number;
  readonly ms: number;
  /** The web ACL refused it. */
  readonly blocked: boolean;
  /** Of an answer that is API Gateway's own. */
  readonly errorType?: string;
}

/**
 * A line of the access log in the stage's own format; what is not known here is `-`, as API Gateway writes it.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
 */
export function accessLogLine(format: string, answered: Answered): string {
  const context: Readonly<Record<string, string>> = {
    requestId: answered.requestId,
    'identity.sourceIp': answered.sourceIp,
    httpMethod: answered.method,
    path: answered.path.split('?', 1)[0] ?? '',
    status: String(answered.status),
    responseLatency: answered.ms.toFixed(0),
    wafResponseCode: answered.blocked ? 'WAF_BLOCK' : 'WAF_ALLOW',
    ...(answered.errorType !== undefined && { 'error.responseType': answered.errorType }),
  };
  return format.replaceAll(/\$context\.([A-Za-z.]+)/g, (_, name: string) =>
    // Inside of a text in JSON: a path may have what would end it.
    JSON.stringify(context[name] ?? '-').slice(1, -1),
  );
}
