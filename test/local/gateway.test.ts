import { fromProxyResult, gatewayResponses } from '../../local/gateway/answer.ts';
import { isLocalCaller } from '../../local/gateway/api.ts';
import { toEvent } from '../../local/gateway/event.ts';
import { type ApiRoute, router } from '../../local/gateway/routes.ts';
import { throttler, TokenBucket } from '../../local/gateway/throttle.ts';

const method = { authorization: 'NONE', functionArn: 'arn:verifier', timeoutMs: 29_000 } as const;
const find = router({
  restApis: [{ id: 'Api', name: 'hookgate-local', binaryMediaTypes: ['*/*'] }],
  apiResources: [
    { id: 'webhooks', parentId: 'Api/', pathPart: 'webhooks' },
    { id: 'source', parentId: 'webhooks', pathPart: '{source}' },
    { id: 'admin', parentId: 'Api/', pathPart: 'admin' },
    { id: 'rest', parentId: 'admin', pathPart: '{proxy+}' },
  ],
  methods: [
    { ...method, resourceId: 'source', httpMethod: 'POST' },
    { ...method, resourceId: 'rest', httpMethod: 'ANY' },
  ],
});

test.each([
  ['POST', '/webhooks/acme', { source: 'acme' }],
  ['GET', '/admin/events/acme/1', { proxy: 'events/acme/1' }],
  ['GET', '/admin/events/acme/%2541%2fb', { proxy: 'events/acme/%2541%2fb' }],
  ['POST', '/webhooks/%61cme', { source: '%61cme' }],
  ['GET', '/webhooks/acme', undefined],
  ['POST', '/webhooks', undefined],
  ['POST', '/webhooks/acme/more', undefined],
  ['GET', '/admin/', undefined],
])('%s %s is routed with %j', (verb, path, parameters) => {
  const match = find(verb, path);
  expect(match.found ? match.parameters : undefined).toEqual(parameters);
});

describe('the event', () => {
  const route: ApiRoute = { ...method, resourceId: 'source', httpMethod: 'POST', resourcePath: '/webhooks/{source}' };
  const body = Buffer.from([0, 0xff, 0xfe, 0x0a]);
  const event = JSON.parse(
    toEvent(
      {
        method: 'POST',
        path: '/webhooks/acme',
        rawPath: '/local/webhooks/acme',
        query: 'a=1&a=2&b=%20',
        rawHeaders: [
          'X-Sig',
          'one',
          'x-sig',
          'two',
          'Host',
          'localhost',
          'Connection',
          'close',
          'X-Forwarded-For',
          '6.6.6.6',
        ],
        body,
        sourceIp: '127.0.0.1',
        receivedAt: Date.UTC(2026, 10, 22, 6, 45, 23),
        requestId: 'r-1',
      },
      route,
      { source: 'acme' },
      { stage: 'local', account: '000000000000', apiId: 'Api', binary: true },
    ),
  ) as Record<string, unknown>;

  test('has the exact bytes, as base64', () => {
    expect([event['body'], event['isBase64Encoded']]).toEqual(['AP/+Cg==', true]);
  });

  test('has every value of a header that was sent twice, and none of the connection’s', () => {
    expect(event['multiValueHeaders']).toMatchObject({ 'X-Sig': ['one', 'two'] });
    expect(event['headers']).toMatchObject({ 'X-Sig': 'two' });
    expect(event['headers']).not.toHaveProperty('Connection');
  });

  test('has the address of the socket, whatever the sender says', () => {
    expect(event['requestContext']).toMatchObject({
      identity: { sourceIp: '127.0.0.1' },
      path: '/local/webhooks/acme',
      stage: 'local',
      requestTime: '22/Nov/2026:06:45:23 +0000',
    });
    expect(event['headers']).toMatchObject({ 'X-Forwarded-For': '6.6.6.6, 127.0.0.1' });
  });

  test('has the path parameters and the query', () => {
    expect(event).toMatchObject({
      resource: '/webhooks/{source}',
      path: '/webhooks/acme',
      pathParameters: { source: 'acme' },
      queryStringParameters: { a: '2', b: ' ' },
      multiValueQueryStringParameters: { a: ['1', '2'], b: [' '] },
    });
  });
});

test('a header or parameter may be called as what every object inherits', () => {
  const event = JSON.parse(
    toEvent(
      {
        ...{ method: 'POST', path: '/webhooks/acme', rawPath: '/webhooks/acme', body: Buffer.of(), requestId: 'r-1' },
        query: 'constructor=1&__proto__=2&toString=3&toString=4',
        rawHeaders: ['constructor', 'a', '__proto__', 'b', 'hasOwnProperty', 'c'],
        ...{ sourceIp: '127.0.0.1', receivedAt: 0 },
      },
      { ...method, resourceId: 'source', httpMethod: 'POST', resourcePath: '/webhooks/{source}' },
      { source: 'acme' },
      { stage: 'local', account: '000000000000', apiId: 'Api', binary: true },
    ),
  ) as Record<'multiValueHeaders' | 'multiValueQueryStringParameters' | 'headers', object>;

  expect(Object.entries(event.multiValueQueryStringParameters)).toEqual([
    ['constructor', ['1']],
    ['__proto__', ['2']],
    ['toString', ['3', '4']],
  ]);
  expect(Object.entries(event.headers).slice(0, 3)).toEqual([
    ['constructor', 'a'],
    ['__proto__', 'b'],
    ['hasOwnProperty', 'c'],
  ]);
});

test.each([
  ['127.0.0.1', 'localhost:8787', true],
  ['127.0.0.1', '127.0.0.1:8787', true],
  ['::1', '[::1]:8787', true],
  ['127.0.0.1', 'rebound.example:8787', false],
  ['127.0.0.1', undefined, false],
  ['192.0.2.1', 'localhost', false],
])('a caller at %s that addressed %s is local: %s', (address, host, expected) => {
  expect(isLocalCaller(address, host)).toBe(expected);
});

test('a bucket gives its burst, then its rate', () => {
  const bucket = new TokenBucket(10, 3);
  expect([0, 0, 0, 0, 100, 100].map((now) => bucket.take(now))).toEqual([true, true, true, false, true, false]);
});

test('the setting for a method wins over the one for all', () => {
  const admit = throttler([
    { httpMethod: '*', resourcePath: '/*', perSecond: 1000, burst: 1000 },
    { httpMethod: 'POST', resourcePath: '/webhooks/{source}', perSecond: 1, burst: 1 },
  ]);
  expect([admit('POST', '/webhooks/{source}', 0), admit('POST', '/webhooks/{source}', 0)]).toEqual([true, false]);
  expect([admit('ANY', '/admin/{proxy+}', 0), admit('ANY', '/admin/{proxy+}', 0)]).toEqual([true, true]);
});

test('a gateway response of the template answers, its class answers for it, else API Gateway’s own', () => {
  const answer = gatewayResponses([
    { type: 'THROTTLED', status: 429, headers: { 'Retry-After': '30' }, template: '{"error":"slow"}' },
    { type: 'DEFAULT_5XX', status: 503, headers: {}, template: '{"message":$context.error.messageString}' },
  ]);
  expect(answer('THROTTLED', 'r')).toMatchObject({ status: 429, headers: { 'retry-after': '30' } });
  expect(answer('INTEGRATION_TIMEOUT', 'r')).toMatchObject({
    status: 503,
    body: Buffer.from('{"message":"Endpoint request timed out"}'),
  });
  expect(answer('MISSING_AUTHENTICATION_TOKEN', 'r').status).toBe(403);
});

test.each([['null'], ['"text"'], ['{}'], ['{"statusCode":"abc"}'], ['{"statusCode":200,"body":{}}'], ['not json']])(
  '%s is not what a function may answer',
  (payload) => {
    expect(fromProxyResult(Buffer.from(payload))).toBeUndefined();
  },
);
