import type { ApiRoute } from './routes.ts';

/** A request as it came over the wire. */
export interface Received {
  readonly method: string;
  /** Path as the API sees it, without the stage. */
  readonly path: string;
  /** Path as it was sent. */
  readonly rawPath: string;
  readonly query: string;
  /** Names and values in turn, as sent. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly sourceIp: string;
  readonly receivedAt: number;
  readonly requestId: string;
}

export interface EventPlace {
  readonly stage: string;
  readonly account: string;
  readonly apiId: string;
  /** Whether bodies are handed over as base64: the API's binary media types hold everything. */
  readonly binary: boolean;
}

/** Headers of one connection, not of the request. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'te',
  'upgrade',
  'proxy-connection',
  'expect',
]);

/** The event of a Lambda proxy integration: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html */
export function toEvent(
  received: Received,
  route: ApiRoute,
  parameters: Readonly<Record<string, string>>,
  place: EventPlace,
): string {
  const headers = headersOf(received);
  const query: Values = new Map();
  for (const [name, value] of new URLSearchParams(received.query)) add(query, name, value);
  const hasBody = received.body.length > 0;
  return JSON.stringify({
    resource: route.resourcePath,
    path: received.path,
    httpMethod: received.method,
    headers: lastOfEach(headers),
    multiValueHeaders: Object.fromEntries(headers),
    queryStringParameters: query.size > 0 ? lastOfEach(query) : null,
    multiValueQueryStringParameters: query.size > 0 ? Object.fromEntries(query) : null,
    pathParameters: Object.keys(parameters).length > 0 ? parameters : null,
    stageVariables: null,
    requestContext: {
      resourceId: route.resourceId,
      resourcePath: route.resourcePath,
      httpMethod: received.method,
      extendedRequestId: received.requestId,
      requestTime: clfTime(received.receivedAt),
      path: received.rawPath,
      accountId: place.account,
      protocol: 'HTTP/1.1',
      stage: place.stage,
      domainPrefix: 'localhost',
      domainName: first(headers, 'host') ?? 'localhost',
      requestTimeEpoch: received.receivedAt,
      requestId: received.requestId,
      identity: {
        cognitoIdentityPoolId: null,
        accountId: null,
        cognitoIdentityId: null,
        caller: null,
        sourceIp: received.sourceIp,
        principalOrgId: null,
        accessKey: null,
        cognitoAuthenticationType: null,
        cognitoAuthenticationProvider: null,
        userArn: null,
        userAgent: first(headers, 'user-agent') ?? null,
        user: null,
      },
      apiId: place.apiId,
    },
    body: hasBody ? received.body.toString(place.binary ? 'base64' : 'utf8') : null,
    isBase64Encoded: hasBody && place.binary,
  });
}

/** A map, because a stranger chooses the names: `constructor` and `__proto__` are names like any other. */
type Values = Map<string, string[]>;

function add(values: Values, name: string, value: string): void {
  const known = values.get(name);
  if (known) known.push(value);
  else values.set(name, [value]);
}

function headersOf({ rawHeaders, sourceIp }: Received): Values {
  const headers: Values = new Map();
  /** A name sent in two spellings is one header, under the spelling that came first. */
  const spelling = new Map<string, string>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = [rawHeaders[index], rawHeaders[index + 1]];
    const key = name.toLowerCase();
    if (HOP_BY_HOP.has(key)) continue;
    const known = spelling.get(key) ?? name;
    spelling.set(key, known);
    add(headers, known, value);
  }
  const forwarded = spelling.get('x-forwarded-for') ?? 'X-Forwarded-For';
  headers.set(forwarded, [[...(headers.get(forwarded) ?? []), sourceIp].join(', ')]);
  headers.set(spelling.get('x-forwarded-proto') ?? 'X-Forwarded-Proto', ['https']);
  headers.set(spelling.get('x-forwarded-port') ?? 'X-Forwarded-Port', ['443']);
  return headers;
}

function lastOfEach(values: Values): Record<string, string> {
  return Object.fromEntries([...values].map(([name, all]) => [name, all.at(-1) ?? '']));
}

function first(headers: Values, name: string): string | undefined {
  for (const [key, values] of headers) if (key.toLowerCase() === name) return values[0];
  return undefined;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `22/Nov/2026:06:45:23 +0000` */
function clfTime(milliseconds: number): string {
  const [date = '', time = ''] = new Date(milliseconds).toISOString().split('T');
  const [year, month, day] = date.split('-');
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${time.slice(0, 8)} +0000`;
}
