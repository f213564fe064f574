import type { AdminRequest } from '../../../lambdas/core/admin/admin.ts';
import { administerRoutes } from '../../../lambdas/core/admin/routes.ts';
import { opened, UNTOUCHED } from '../../../lambdas/core/processing/breaker.ts';
import { NOON } from '../../support/gateway-in-memory.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryBreakers } from '../../support/memory/breakers.ts';

const ROUTE = 'inkress/payment-success';

function admin(oldestAt: () => Promise<number | undefined> = () => Promise.resolve(undefined)) {
  const breakers = new MemoryBreakers();
  const audited: unknown[] = [];
  const ask = async (method: string, path: string, body = '') => {
    const request: AdminRequest = {
      method,
      path: path.split('/'),
      query: new Map(),
      body: Buffer.from(body),
      who: 'arn:aws:iam::111122223333:user/ada',
    };
    const answer = await administerRoutes(request, {
      breakers,
      clock: new ManualClock(NOON),
      routes: [ROUTE, 'scalekit/user-created'],
      waiting: (route) => Promise.resolve(route === ROUTE ? 3 : 0),
      oldestAt,
      audit: (entry) => void audited.push(entry),
    });
    return { status: answer.status, body: JSON.parse(answer.body?.toString() ?? '') as Record<string, unknown> };
  };
  return { breakers, audited, ask };
}

const RUNNING = {
  source: 'inkress',
  route: 'payment-success',
  breaker: 'CLOSED',
  forced: false,
  openUntil: null,
  pausedAt: null,
  changedBy: null,
  waiting: 3,
  atRiskFrom: null,
};

test('every route is listed, with its breaker and what waits', async () => {
  const { ask, breakers } = admin();
  breakers.rows.set('scalekit/user-created', opened(UNTOUCHED, NOON, 'execution-1'));

  expect(await ask('GET', 'routes')).toEqual({
    status: 200,
    body: {
      routes: [
        RUNNING,
        {
          ...RUNNING,
          source: 'scalekit',
          route: 'user-created',
          breaker: 'OPEN',
          openUntil: '2026-11-22T08:01:00.000Z',
          changedBy: 'execution-1',
          waiting: 0,
        },
      ],
    },
  });
});

test('a pause says from when on its events are at risk, and who did it, when and why is kept', async () => {
  const { ask, audited } = admin();
  expect(await ask('POST', `routes/${ROUTE}/pause`, '{"reason":"the bank is down"}')).toEqual({
    status: 200,
    body: {
      ...RUNNING,
      pausedAt: '2026-11-22T08:00:00.000Z',
      changedBy: 'arn:aws:iam::111122223333:user/ada',
      atRiskFrom: '2026-11-26T08:00:00.000Z',
    },
  });
  expect((await ask('POST', `routes/${ROUTE}/resume`)).body).toMatchObject({ pausedAt: null, atRiskFrom: null });
  const entry = { route: ROUTE, who: 'arn:aws:iam::111122223333:user/ada', changed: true };
  expect(audited).toEqual([
    { ...entry, action: 'pause', why: 'the bank is down' },
    { ...entry, action: 'resume', why: '' },
  ]);
});

test('what waited at the pause already is at risk sooner than what came since', async () => {
  const dayBefore = NOON - 24 * 60 * 60_000;
  const { ask } = admin(() => Promise.resolve(dayBefore));
  expect((await ask('POST', `routes/${ROUTE}/pause`)).body).toMatchObject({
    pausedAt: '2026-11-22T08:00:00.000Z',
    atRiskFrom: '2026-11-25T08:00:00.000Z',
  });
});

test('when CloudWatch does not answer, what came since the pause counts', async () => {
  const { ask } = admin(() => Promise.reject(new Error('CloudWatch is down')));
  expect((await ask('POST', `routes/${ROUTE}/pause`)).body).toMatchObject({ atRiskFrom: '2026-11-26T08:00:00.000Z' });
});

test('a breaker is opened and closed by hand', async () => {
  const { ask } = admin();
  expect((await ask('POST', `routes/${ROUTE}/open`)).body).toMatchObject({ breaker: 'OPEN', forced: true });
  expect((await ask('POST', `routes/${ROUTE}/close`)).body).toMatchObject({ breaker: 'CLOSED', forced: false });
});

test('what is so already is no fault, and is kept as such', async () => {
  const { ask, audited, breakers } = admin();

  expect((await ask('POST', `routes/${ROUTE}/resume`)).status).toBe(200);
  expect([breakers.writes, audited]).toEqual([0, [expect.objectContaining({ changed: false })]]);
});

test.each<[string, string, string, number, string]>([
  ['PUT', 'routes', '', 405, 'Only GET.'],
  ['GET', `routes/${ROUTE}/pause`, '', 405, 'Only POST.'],
  ['POST', `routes/${ROUTE}/stop`, '', 404, 'POST /admin/routes/{source}/{route}/{pause|resume|open|close}.'],
  ['POST', `routes/${ROUTE}`, '', 404, 'POST /admin/routes/{source}/{route}/{pause|resume|open|close}.'],
  [
    'POST',
    'routes/inkress/nothing/pause',
    '',
    404,
    'There is no route "inkress/nothing"; there are: inkress/payment-success, scalekit/user-created.',
  ],
  [
    'POST',
    `routes/${ROUTE}/pause`,
    'why not',
    400,
    'The body is a JSON object; reason is text of at most 256 characters.',
  ],
  [
    'POST',
    `routes/${ROUTE}/pause`,
    '{"reason":7}',
    400,
    'The body is a JSON object; reason is text of at most 256 characters.',
  ],
])('%s %s with "%s" is refused: %d', async (method, path, body, status, detail) => {
  const { ask, audited, breakers } = admin();

  expect(await ask(method, path, body)).toMatchObject({ status, body: { status, detail } });
  expect([breakers.writes, audited]).toEqual([0, []]);
});
