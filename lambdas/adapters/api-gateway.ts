import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import type { Delivery } from '../core/delivery.ts';
import type { Answer } from '../core/verdict.ts';

/** The request as it was sent: bytes by the base64 flag, every value of a repeated header, the connection's address. */
export function toDelivery(event: APIGatewayProxyEvent, receivedAt: number): Delivery {
  const headers = new Map<string, string[]>();
  for (const [name, values] of Object.entries(event.multiValueHeaders ?? {})) {
    if (values) headers.set(name.toLowerCase(), [...(headers.get(name.toLowerCase()) ?? []), ...values]);
  }
  const query = new URLSearchParams();
  for (const [name, values] of Object.entries(event.multiValueQueryStringParameters ?? {})) {
    for (const value of values ?? []) query.append(name, value);
  }
  const host = headers.get('host')?.[0] ?? event.requestContext.domainName ?? '';
  const search = query.size > 0 ? `?${query.toString()}` : '';
  return {
    source: event.pathParameters?.source ?? '',
    method: event.httpMethod,
    url: `https://${host}${event.requestContext.path}${search}`,
    headers,
    body: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'),
    sourceIp: event.requestContext.identity.sourceIp,
    receivedAt,
  };
}

export function toResult({ status, headers = {}, body = '' }: Answer): APIGatewayProxyResult {
  return { statusCode: status, headers: { ...headers }, body };
}
