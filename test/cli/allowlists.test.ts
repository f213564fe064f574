import { applyHeld, linesOf } from '../../cli/allowlists.ts';
import type { Connection } from '../../cli/connection.ts';
import type { AllowlistView } from '../../lambdas/core/admin/allowlists.ts';

const VIEW: AllowlistView = {
  source: 'repo',
  provider: 'github',
  published: 'enforce',
  cidrs: ['192.30.252.0/22', '185.199.108.0/22'],
  fetchedAt: '2026-11-22T08:00:00.000Z',
  lastChange: null,
  held: { added: ['9.234.98.160/28'], removed: ['185.199.108.0/22'], digest: '0123456789abcdef' },
  drift: { reason: 'held', detail: '1 added, 1 removed of 2', since: '2026-11-22T08:00:00.000Z' },
  approved: null,
};

test('diff shows what is in force, what would come and go, and the way to it', () => {
  expect(linesOf(VIEW)).toEqual([
    'repo: 2 published addresses of github in force; others are refused.',
    'Fetched 2026-11-22T08:00:00.000Z.',
    'Not as published since 2026-11-22T08:00:00.000Z: held, 1 added, 1 removed of 2.',
    '+ 9.234.98.160/28',
    '- 185.199.108.0/22',
    'To let it in force: allowlist apply repo',
  ]);
});

/** An admin API that answers with one view, and what it was asked. */
function connected(view: AllowlistView) {
  const asked: unknown[][] = [];
  const admin: Connection['admin'] = (path, _query, post) => {
    asked.push(post === undefined ? [path] : [path, post]);
    return Promise.resolve({ status: 200, headers: new Map(), body: Buffer.from(JSON.stringify(view)) } as never);
  };
  return { asked, connection: { admin } as Connection };
}

test('apply approves the list that waits now, by its digest', async () => {
  const { asked, connection } = connected(VIEW);
  await applyHeld(connection, 'repo');
  expect(asked).toEqual([['allowlists/repo'], ['allowlists/repo/apply', { digest: '0123456789abcdef' }]]);
});

test('apply says so when there is no list yet', async () => {
  const { connection } = connected({ ...VIEW, held: null, fetchedAt: null });
  await expect(applyHeld(connection, 'repo')).rejects.toThrow('The list of source repo has not been fetched yet');
});

test('apply says so when nothing waits', async () => {
  const { connection } = connected({ ...VIEW, held: null });
  await expect(applyHeld(connection, 'repo')).rejects.toThrow(
    'Nothing waits for approval at source repo: what is published is in force.',
  );
});
