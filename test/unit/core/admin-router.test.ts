import { operationOf } from '../../../lambdas/core/admin/router.ts';
import { OPERATIONS } from '../../../lambdas/core/admin/operations.ts';

function route(
  method: string,
  path: string,
  more: { query?: Record<string, string>; body?: string; repeated?: string[] } = {},
) {
  const { query = {}, body = '', repeated = [] } = more;
  const found = operationOf(
    {
      method,
      path: path.split('/').filter((part) => part !== ''),
      query: new Map(Object.entries(query)),
      body: Buffer.from(body),
      who: 'somebody',
    },
    repeated,
  );
  if (typeof found === 'string') return found;
  const { status, headers, body: text = '{}' } = found;
  return { ...(JSON.parse(text) as object), status, headers };
}

test('each operation is found by its path', () => {
  const values: Readonly<Record<string, string>> = { action: 'pause', queue: 'dead' };
  const bodies: Readonly<Record<string, string>> = { applyAllowlist: '{"digest":"0123456789abcdef"}' };
  for (const { id, method, path } of OPERATIONS) {
    const body = bodies[id];
    const asked = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? 'x');
    expect(route(method, asked, body === undefined ? {} : { body })).toBe(id);
  }
});

test('an id may hold slashes, and the word that ends the path of another operation', () => {
  expect(route('GET', 'events/stripe/a/b/c')).toBe('showEvent');
  expect(route('GET', 'events/stripe/a/replay')).toBe('showEvent');
  expect(route('POST', 'events/stripe/a/b/replay')).toBe('replayEvent');
  expect(route('GET', 'events/stripe/line\nbreak')).toBe('showEvent');
});

test.each([
  ['GET', ''],
  ['GET', 'nothing'],
  ['GET', 'openapi_json'],
  ['POST', 'routes/a/b/explode'],
  ['POST', 'queues/a/b/purge'],
  ['GET', 'queues/a/b/main/move'],
  ['GET', 'sources/a'],
  ['GET', '__proto__'],
])('%s /%s is no path of it', (method, path) => {
  expect(route(method, path)).toMatchObject({ status: 404, headers: { 'content-type': 'application/problem+json' } });
});

test.each([
  ['DELETE', 'events', 'GET'],
  ['PUT', 'events/a/b', 'GET'],
  ['GET', 'routes/a/b/pause', 'POST'],
  ['POST', 'openapi.json', 'GET'],
])('%s /%s is told that there is %s only', (method, path, allow) => {
  expect(route(method, path)).toMatchObject({ status: 405, field: 'method', headers: { allow } });
});

test.each<[string, string, Record<string, string>]>([
  ['limit', 'events', { limit: '0' }],
  ['limit', 'events', { limit: '1e2' }],
  ['limit', 'events', { limit: '９' }],
  ['limit', 'events', { limit: '9'.repeat(400) }],
  ['status', 'events', { status: 'parked' }],
  ['status', 'events', { status: '__proto__' }],
  ['type', 'events', { type: '' }],
  ['text', 'events', { text: 'x'.repeat(257) }],
  ['from', 'events', { from: 'yesterday' }],
  ['from', 'events', { from: '2026-13-45' }],
  ['to', 'events', { to: '-1' }],
  ['to', 'events', { to: '+275760-09-13T00:00:00Z' }],
  ['next', 'events', { next: 'x'.repeat(3_000) }],
  ['sorted', 'events', { sorted: 'x' }],
  ['constructor', 'events', { constructor: 'x' }],
  ['hours', 'ledger', { hours: '49' }],
  ['hours', 'rejections', { hours: '-1' }],
  ['x', 'sources', { x: '' }],
])('a wrong %s in the query of /%s is named', (field, path, query) => {
  expect(route('GET', path, { query })).toMatchObject({ status: 400, field });
});

test('a name that a query has twice is named', () => {
  expect(route('GET', 'events', { query: { limit: '5' }, repeated: ['limit'] })).toMatchObject({ field: 'limit' });
});

test.each<[string, string, string]>([
  ['body', 'events/a/b/replay', '{'],
  ['body', 'events/a/b/replay', '[]'],
  ['body', 'events/a/b/replay', 'null'],
  ['body', 'events/a/b/replay', '"force"'],
  ['body', 'events/a/b/replay', '['.repeat(16_000)],
  ['body', 'events/a/b/replay', '\uFEFF{}'],
  ['force', 'events/a/b/replay', '{"force":"yes"}'],
  ['epoch', 'events/a/b/replay', '{"epoch":1.5}'],
  ['epoch', 'events/a/b/replay', '{"epoch":1e300}'],
  ['reason', 'events/a/b/replay', `{"reason":"${'x'.repeat(501)}"}`],
  ['reason', 'routes/a/b/pause', '{"reason":{}}'],
  ['forced', 'routes/a/b/pause', '{"forced":true}'],
  ['__proto__', 'routes/a/b/pause', '{"__proto__":{"reason":"x"}}'],
  ['from', 'queues/a/b/redrive', '{"from":"main"}'],
  ['perSecond', 'queues/a/b/redrive', '{"perSecond":501}'],
  ['from', 'queues/a/b/park', '{"from":"dead"}'],
  ['digest', 'allowlists/a/apply', '{}'],
  ['digest', 'allowlists/a/apply', '{"digest":"zz"}'],
])('a wrong %s in the body of /%s is named: %.40s', (field, path, body) => {
  expect(route('POST', path, { body })).toMatchObject({ status: 400, field });
});

test('a body that is too large is refused before it is read', () => {
  const body = `{"reason":"${'x'.repeat(17_000)}"}`;

  expect(route('POST', 'events/a/b/replay', { body })).toMatchObject({ status: 413, field: 'body' });
  expect(route('GET', 'events', { body: '{}' })).toMatchObject({ status: 400, field: 'body' });
});
