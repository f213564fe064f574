import { occurredAtOf } from '../../../lambdas/core/processing/occurred-at.ts';
import { RetryLater } from '../../../lambdas/core/processor.ts';
import { reasonOf, reasonOfIssues } from '../../../lambdas/core/processing/reason.ts';
import { retryAfterOf } from '../../../lambdas/core/processing/retry-after.ts';
import {
  backoffSeconds,
  retryPolicy,
  retryProblems,
  waitUntilSeconds,
} from '../../../lambdas/core/processing/retry.ts';
import { timeoutProblem } from '../../../lambdas/core/processing/timeout.ts';
import { NOON } from '../../support/gateway-in-memory.ts';

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;

describe('what the handler called says of a later time is found', () => {
  const headers = { 'Retry-After': '120' };
  test.each<[string, unknown]>([
    ['in a Response that was thrown', new Response(null, { status: 429, headers })],
    ['in a Response as the cause', new Error('busy', { cause: new Response(null, { status: 503, headers }) })],
    ['in the headers of an axios or Octokit error', { response: { headers: { 'retry-after': '120' } } }],
    ['in the headers of a Stripe error', Object.assign(new Error(), { headers: { 'retry-after': '120' } })],
    [
      'in the $response of an AWS error',
      Object.assign(new Error(), { $response: { headers: { 'retry-after': '120' } } }),
    ],
    ['in a list of header values', { headers: { 'RETRY-AFTER': ['120'] } }],
    ['as a number of seconds', { retryAfter: 120 }],
    ['as a date', { retryAfter: new Date(NOON + 120_000) }],
    ['as an HTTP date', { retryAfter: 'Sun, 22 Nov 2026 08:02:00 GMT' }],
    ['as an HTTP date of RFC 850', { retryAfter: 'Sunday, 22-Nov-26 08:02:00 GMT' }],
    ['as an HTTP date of C', { retryAfter: 'Sun Nov 22 08:02:00 2026' }],
  ])('%s', (_, thrown) => {
    expect(retryAfterOf(thrown, NOON)).toBe(NOON + 120_000);
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['a text of another kind', { retryAfter: 'soon' }],
    ['a negative number', { retryAfter: -1 }],
    ['no number', { retryAfter: NaN }],
    ['no date', { retryAfter: new Date('never') }],
    ['a date in another form', { retryAfter: '2026-11-22' }],
    [
      'a getter that throws',
      {
        get headers() {
          throw new Error('mine');
        },
      },
    ],
  ])('unless it is %s', (_, thrown) => {
    expect(retryAfterOf(thrown, NOON)).toBeUndefined();
  });

  test('a cause that is its own is not followed for ever', () => {
    const round: { cause?: unknown } = {};
    round.cause = round;
    expect(retryAfterOf(round, NOON)).toBeUndefined();
  });
});

describe('the wait until a named time', () => {
  const at = (ms: number, queue: { sentAt?: number; hop?: 'main' | 'dead' } = {}, random = 0) =>
    waitUntilSeconds(NOON + ms, { hop: 'main', sentAt: NOON, now: NOON, random: () => random, ...queue });

  test('is never shorter than named, and up to a tenth longer', () => {
    expect([at(100_000), at(100_000, {}, 1), at(100_001)]).toEqual([100, 110, 101]);
  });

  test('of a time that is past is none', () => {
    expect(at(-5_000)).toBe(0);
  });

  test('is what SQS can hide a message for at most', () => {
    expect(at(2 * DAY_MS)).toBe(41_400);
  });

  test('ends an hour before the queue would drop the message', () => {
    expect(at(10 * HOUR_MS, { sentAt: NOON - 4 * DAY_MS + 3 * HOUR_MS })).toBe(7_200);
    expect(at(10 * HOUR_MS, { sentAt: NOON - 4 * DAY_MS + 3 * HOUR_MS, hop: 'dead' })).toBe(36_000);
  });
});

describe('a retry policy', () => {
  test('is five tries after 30 s doubling to 15 minutes unless the route says otherwise', () => {
    const waits = [1, 2, 3, 4, 5, 6].map((tries) => backoffSeconds(retryPolicy(), tries, () => 1));
    expect(waits).toEqual([30, 60, 120, 240, 480, 900]);
    const own = retryPolicy({ tries: 2, firstWait: 5, longestWait: 12 });
    expect([1, 2, 3].map((tries) => backoffSeconds(own, tries, () => 1))).toEqual([5, 10, 12]);
  });

  test.each<[object, string[]]>([
    [{}, []],
    [{ tries: 1, firstWait: 1, longestWait: 41_400 }, []],
    [
      { tries: 6 },
      ["retry.tries 6: give 1 to 5; the queue's other 5 receives are for waiting while the breaker is open"],
    ],
    [
      { tries: 0 },
      ["retry.tries 0: give 1 to 5; the queue's other 5 receives are for waiting while the breaker is open"],
    ],
    [{ firstWait: 0.5 }, ['retry.firstWait 0.5: give whole seconds from 1 to 41400']],
    [
      { longestWait: 50_000 },
      ['retry.longestWait 50000: give whole seconds from 1 to 41400, SQS hides no message longer'],
    ],
    [{ firstWait: 60, longestWait: 30 }, ['retry.longestWait 30, less than retry.firstWait 60: exchange them']],
  ])('%j has the problems %j', (retry, problems) => {
    expect(retryProblems(retry)).toEqual(problems);
  });

  test('and a timeout have bounds', () => {
    expect([3, 300, 2, 301, 1.5, NaN].map(timeoutProblem)).toEqual([
      undefined,
      undefined,
      'timeout 2: give whole seconds from 3 to 300',
      'timeout 301: give whole seconds from 3 to 300',
      'timeout 1.5: give whole seconds from 3 to 300',
      'timeout NaN: give whole seconds from 3 to 300',
    ]);
  });
});

test.each<[string, unknown, 'iso' | 's' | 'ms', string | undefined]>([
  ['ISO 8601', { at: '2026-01-02T03:04:05Z' }, 'iso', '2026-01-02T03:04:05.000Z'],
  ['nanoseconds and an offset', { at: '2026-01-02T03:04:05.123456789+02:00' }, 'iso', '2026-01-02T01:04:05.123Z'],
  ['Unix seconds', { at: 1_767_323_045 }, 's', '2026-01-02T03:04:05.000Z'],
  ['Unix milliseconds as text', { at: '1767323045000' }, 'ms', '2026-01-02T03:04:05.000Z'],
  ['no zone', { at: '2026-01-02T03:04:05' }, 'iso', undefined],
  ['a number where a text was declared', { at: 1_767_323_045 }, 'iso', undefined],
  ['words', { at: 'yesterday' }, 's', undefined],
  ['a time beyond all calendars', { at: 1e30 }, 's', undefined],
  ['nothing', {}, 'iso', undefined],
  ['no object at all', null, 'iso', undefined],
])('when an event happened is read from %s', (_, body, as, expected) => {
  expect(occurredAtOf(body, { at: '/at', as })?.toISOString()).toBe(expected);
});

describe('the reason of a failure', () => {
  const body = JSON.stringify({
    email: 'Ada@example.com',
    card: 4242424242424242,
    name: { last: 'Turing' },
    status: 'ok',
    token: 'tok 123 secret',
    by_address: { 'grace@example.com': { since: 1 }, usr_48151623: {} },
  });

  test('leaves out what was in the payload; a short value as a whole word only', () => {
    const thrown = new Error('no mail to Ada@example.com (Turing, 4242424242424242): status ok, Turings stay');
    expect(reasonOf(thrown, body)).toBe('Error: no mail to … (…, …): status ok, Turings stay');
  });

  test.each([
    ['in other letters', 'no user ada@EXAMPLE.com', 'no user …'],
    ['in a URL', 'GET /users/ada%40example.com?q=tok+123+secret failed', 'GET /users/…?q=… failed'],
    ['as a part of a word', 'no row user_Ada@example.coms', 'no row user_…s'],
    [
      'as a key that names no field',
      'no entry grace@example.com, usr_48151623 in by_address',
      'no entry …, … in by_address',
    ],
  ])('leaves it out %s too', (_, message, expected) => {
    expect(reasonOf(new Error(message), body)).toBe(`Error: ${expected}`);
  });

  test('leaves it out of the error’s name', () => {
    expect(reasonOf(Object.assign(new Error('no'), { name: 'Ada@example.com' }), body)).toBe('…: no');
  });

  test('names the fields that a schema refused, and no keys that are values', () => {
    const issues = [
      { path: ['data', 'family_name'], message: 'Invalid input: expected string, received undefined' },
      { path: ['by_address', 'grace@example.com', 'since'], message: 'Too small' },
      { path: ['lines', 12, 'x-sha256'], message: 'Unrecognized key: "grace@example.com"' },
      { path: [{ key: 'usr_48151623' }], message: 'Required' },
    ];
    expect(reasonOfIssues(issues, body)).toBe(
      'invalid-payload: data.family_name: Invalid input: expected string, received undefined; by_address.….since: Too small; lines.12.x-sha256: Unrecognized key: "…"; …: Required',
    );
  });

  test.each([
    ['GET https://user:pass@api.example.com/x?token=1 failed', 'GET https://…api.example.com/x… failed'],
    ['Authorization: Bearer abc.def', 'Authorization: Bearer …'],
    ['Invalid API Key: sk_live_12345678', 'Invalid API Key: …'],
    ['token 0123456789abcdef0123456789abcdef is old', 'token … is old'],
    ['password=hunter2 user=app api_key="abc123" failed', 'password=… user=app api_key="…" failed'],
    ['{"client_secret":"abc","id":"x"} refused', '{"client_secret":"…","id":"x"} refused'],
    ['the token: expired', 'the token: expired'],
  ])('leaves out what looks like a credential: %s', (message, expected) => {
    expect(reasonOf(new Error(message))).toBe(`Error: ${expected}`);
  });

  test('names the status of a response and what is behind "fetch failed"', () => {
    expect(reasonOf(new Response('secret', { status: 429 }))).toBe('Response: status 429');
    expect(reasonOf(new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } }))).toBe(
      'TypeError: fetch failed (ECONNREFUSED)',
    );
  });

  const unreadable = 'The handler threw something that can not be read';
  const revoked = Proxy.revocable(new Error('gone'), {});
  revoked.revoke();
  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'The handler threw undefined'],
    ['a function', () => 'secret', 'The handler threw function'],
    ['a symbol', Symbol('secret'), 'The handler threw symbol'],
    [
      'an object whose toString throws',
      {
        toString: () => {
          throw new Error();
        },
      },
      'The handler threw an object that is not an Error',
    ],
    [
      'an error whose message is a getter that throws',
      Object.defineProperty(new Error(), 'message', {
        get: () => {
          throw new Error();
        },
      }),
      unreadable,
    ],
    [
      'an error whose message is an object',
      Object.assign(new Error(), { message: { toString: () => 'odd' } }),
      'Error: odd',
    ],
    ['a revoked proxy', revoked.proxy, unreadable],
    [
      'a proxy that throws at everything',
      new Proxy(
        {},
        {
          get: () => {
            throw new Error();
          },
          getPrototypeOf: () => {
            throw new Error();
          },
        },
      ),
      unreadable,
    ],
  ])('of %s is a line all the same', (_, thrown, expected) => {
    expect(reasonOf(thrown, body)).toBe(expected);
  });
});

test('RetryLater is an error with a time', () => {
  expect(new RetryLater(90)).toMatchObject({ name: 'RetryLater', after: 90 });
});
