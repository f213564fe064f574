import { administerAllowlists } from '../../../lambdas/core/admin/allowlists.ts';
import type { Allowlist } from '../../../lambdas/core/addresses/allowlist.ts';

const HELD = { added: ['3.0.0.8/32'], removed: ['3.0.0.1/32'], digest: '0123456789abcdef' };
const ROW: Allowlist = {
  revision: 4,
  cidrs: ['3.0.0.1/32'],
  fetchedAt: 1_795_334_400_000,
  held: HELD,
  drift: { reason: 'held', detail: '1 added, 1 removed of 1', since: 1_795_334_400_000 },
};

function admin(row: Allowlist | undefined, { raced = false } = {}) {
  const audited: unknown[] = [];
  const changes: Allowlist[] = [];
  const ask = async (method: string, path: string, body = '') => {
    const answer = await administerAllowlists(
      { method, path: path.split('/'), query: new Map(), body: Buffer.from(body), who: 'ada' },
      {
        allowlists: {
          read: () => Promise.resolve(row),
          change: (_, __, next) => {
            changes.push(next);
            return Promise.resolve(!raced);
          },
        },
        following: new Map([['repo', { provider: 'github', published: 'enforce', declared: ['3.0.0.9'] }]]),
        audit: (entry) => void audited.push(entry),
      },
    );
    return { status: answer.status, body: JSON.parse(answer.body ?? '') as Record<string, unknown> };
  };
  return { ask, audited, changes };
}

test('shows what is in force, what waits and why', async () => {
  expect(await admin(ROW).ask('GET', 'allowlists/repo')).toEqual({
    status: 200,
    body: {
      source: 'repo',
      provider: 'github',
      published: 'enforce',
      cidrs: ['3.0.0.1/32'],
      fetchedAt: '2026-11-22T08:00:00.000Z',
      lastChange: null,
      held: HELD,
      drift: { reason: 'held', detail: '1 added, 1 removed of 1', since: '2026-11-22T08:00:00.000Z' },
      approved: null,
    },
  });
});

test('shows the declared addresses before the first fetch', async () => {
  expect(await admin(undefined).ask('GET', 'allowlists/repo')).toMatchObject({
    body: { cidrs: ['3.0.0.9/32'], fetchedAt: null, held: null },
  });
});

test('approves the list that waits, by its digest, and keeps who did', async () => {
  const { ask, audited, changes } = admin(ROW);
  expect(
    await ask('POST', 'allowlists/repo/apply', '{"digest":"0123456789abcdef","reason":"they wrote"}'),
  ).toMatchObject({
    status: 200,
    body: { approved: '0123456789abcdef', cidrs: ['3.0.0.1/32'] },
  });
  expect(changes).toMatchObject([{ revision: 5, approved: { digest: '0123456789abcdef', by: 'ada' } }]);
  expect(audited).toEqual([
    { source: 'repo', provider: 'github', digest: '0123456789abcdef', who: 'ada', why: 'they wrote' },
  ]);
});

test.each([
  ['another list than waits', ROW, '{"digest":"fedcba9876543210"}', 409],
  ['a list when none waits', { ...ROW, held: undefined } as unknown as Allowlist, '{"digest":"0123456789abcdef"}', 409],
  ['no digest', ROW, '', 400],
  ['a digest that is none', ROW, '{"digest":"*"}', 400],
])('does not approve %s', async (_, row, body, status) => {
  const { ask, changes } = admin(row);
  expect((await ask('POST', 'allowlists/repo/apply', body)).status).toBe(status);
  expect(changes).toEqual([]);
});

test('says so when the list changes at the same moment', async () => {
  const { ask, audited } = admin(ROW, { raced: true });
  expect((await ask('POST', 'allowlists/repo/apply', '{"digest":"0123456789abcdef"}')).status).toBe(409);
  expect(audited).toEqual([]);
});

test.each([
  ['GET', 'allowlists/other', 404],
  ['GET', 'allowlists', 404],
  ['GET', 'allowlists/repo/apply', 405],
  ['POST', 'allowlists/repo', 405],
  ['POST', 'allowlists/repo/drop', 404],
])('%s %s is answered %i', async (method, path, status) => {
  expect((await admin(ROW).ask(method, path)).status).toBe(status);
});
