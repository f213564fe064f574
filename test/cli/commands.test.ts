import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Ended, eventually, hookgate, type RunningHost, startLocalHost } from './process.ts';

let host: RunningHost;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hookgate-files-'));
  host = await startLocalHost();
});

afterAll(async () => {
  await host.stop();
  rmSync(folder, { recursive: true, force: true });
});

function run(args: string, input?: string | Buffer): Promise<Ended> {
  return hookgate(args.split(' '), { env: host.env, ...(input !== undefined && { input }) });
}

async function json(args: string): Promise<Record<string, unknown>> {
  return JSON.parse((await run(`${args} --json`)).stdout) as Record<string, unknown>;
}

test.each([
  ['scalekit', 'organization.directory.user_created', 201],
  ['inkress', 'payment.success', 200],
  ['skribby', 'status_update', 200],
])('an event of %s is sent, acknowledged as its provider expects, and done', async (source, type, status) => {
  const sent = await json(`send ${source} ${type}`);
  expect(sent).toMatchObject({ source, type, status, deliveries: [{ status }] });
  const shown = await eventually(
    () => json(`show ${source} ${String(sent['eventId'])}`),
    (event) => event['status'] === 'DONE',
  );
  expect(shown).toMatchObject({ source, eventId: sent['eventId'], type, attempt: 1, lastError: null });
});

test('what is sent is said for people, with the command that shows what became of it', async () => {
  const { code, stdout } = await run('send inkress payout.completed --id evt_told');
  expect(code).toBe(0);
  const [answer, event, hint] = stdout.split('\n');
  expect(answer).toMatch(/^200 OK in \d+ ms from http:\/\/127\.0\.0\.1:\d+\/webhooks\/inkress$/);
  expect(event).toBe('event evt_told');
  expect(hint).toBe('See what became of it: npm run -s hookgate -- show inkress evt_told');
});

test.each([
  ['bad-signature', 401],
  ['stale', 401],
  ['unsigned', 401],
  ['huge', 413],
])('a delivery with the fault %s is refused with %d and exit code 1', async (fault, status) => {
  const { code, stdout } = await run(`send scalekit organization.directory.user_created --fault ${fault} --json`);
  expect(JSON.parse(stdout)).toMatchObject({ status });
  expect(code).toBe(1);
});

test('a duplicate is sent twice and answered 2xx twice', async () => {
  const { code, stdout } = await run('send inkress payment.success --fault duplicate --json');
  expect(JSON.parse(stdout)).toMatchObject({ deliveries: [{ status: 200 }, { status: 200 }] });
  expect(code).toBe(0);
});

test('a body of a file is sent byte for byte', async () => {
  const file = join(folder, 'event.json');
  writeFileSync(
    file,
    '{ "id":"evt_of_file", "event_type":"payment.failed",\n "created_at":"2026-01-02", "data":{"order_id":"o-é"} }',
  );
  expect(await json(`send inkress payment.failed --data ${file}`)).toMatchObject({
    status: 200,
    eventId: 'evt_of_file',
  });
  const shown = await json('show inkress evt_of_file');
  expect(shown['bodySha256']).toBe('cd96b93fc369b82df755238849d9a83e06f0023aa1eef1f05fa6e07d414768e8');
});

test('a body that is not what the provider sends is answered 400', async () => {
  const { code, stdout } = await run('send scalekit any.type --data - --json', Buffer.from([0xff, 0x00]));
  expect(JSON.parse(stdout)).toMatchObject({ status: 400, answer: '{"error":"not-json"}' });
  expect(code).toBe(1);
});

test('events are listed newest first, page by page', async () => {
  await run('send inkress payment.success --id evt_page_1');
  await run('send inkress payment.success --id evt_page_2');
  const first = await json('events --source inkress --limit 1');
  expect(first).toMatchObject({ events: [{ eventId: 'evt_page_2' }] });
  const second = await json(`events --source inkress --limit 1 --next ${String(first['next'])}`);
  expect(second).toMatchObject({ events: [{ eventId: 'evt_page_1' }] });
});

test('an event that no route wants is kept as FILTERED', async () => {
  await run('send scalekit organization.created --id evt_unwanted');
  const { stdout } = await run('events --status filtered');
  expect(stdout).toMatch(/^RECEIVED +SOURCE +TYPE +STATUS +ATTEMPT +ID\n/);
  expect(stdout).toMatch(/scalekit +organization\.created +FILTERED +0 +evt_unwanted\n/);
});

test('a type that no route wants is sent all the same, and what was perhaps meant is said', async () => {
  const { code, stdout, stderr } = await run('send scalekit organization.directory.user_craeted --id evt_typo');
  expect([code, stdout.split(' in ')[0]]).toEqual([0, '201 Created']);
  expect(stderr).toContain(
    'No route of scalekit wants organization.directory.user_craeted: it is kept, and nothing handles it. Did you mean organization.directory.user_created',
  );
  expect(await json('show scalekit evt_typo')).toMatchObject({ status: 'FILTERED' });
});

test('what was refused is counted by source and reason', async () => {
  const none = await run('rejections --hours 1 --json');
  expect(Object.keys(JSON.parse(none.stdout) as object)).toEqual(['from', 'rejections']);

  // The verifier hands its counts over every five seconds, with a delivery.
  const { rejections } = await eventually(
    async () => {
      await run('send inkress payment.success --fault unsigned');
      return json('rejections');
    },
    ({ rejections: counted }) => JSON.stringify(counted).includes('"inkress","reason":"missing-signature"'),
  );
  const [refused] = (rejections as { source: string; reason: string; count: number }[]).filter(
    ({ source }) => source === 'inkress',
  );
  expect(refused?.count).toBeGreaterThanOrEqual(1);

  const { code, stdout } = await run('rejections --hours 168');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^SOURCE +REASON +COUNT\n/);
  expect(stdout).toMatch(/^inkress +missing-signature +[1-9]\d*$/m);
});

test('the sources are shown with their routes, as the functions have them', async () => {
  const { code, stdout } = await run('sources');
  expect(code).toBe(0);
  const own = ['1048576 bytes', '127.0.0.1/32, ::1/128'];
  expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ['SOURCE', 'PROVIDER', 'REDELIVERS', 'LARGEST BODY', 'MAY CALL', 'ROUTE', 'ON'],
    ['scalekit', 'scalekit', 'yes', ...own, 'user-created', 'organization.directory.user_created'],
    ['', 'user-updated', 'organization.directory.user_updated'],
    ['inkress', 'inkress', 'yes', ...own, 'payment-success', 'payment.success'],
    ['', 'payment-failed', 'payment.failed'],
    ['', 'payout-completed', 'payout.completed'],
    ['skribby', 'skribby', 'no', ...own, 'status-update', 'status_update'],
    [''],
  ]);
  const { sources } = await json('sources');
  expect((sources as unknown[])[2]).toEqual({
    source: 'skribby',
    provider: 'skribby',
    redelivers: false,
    maxBodyBytes: 1_048_576,
    allow: { cidrs: ['127.0.0.1/32', '::1/128'], published: null },
    routes: [{ route: 'status-update', on: 'status_update', ordered: false }],
  });
});

test('text of an event does nothing to the terminal', async () => {
  await run('send scalekit x --data -', '{"id":"evt_red","type":"\\u001b[31mred\\u202e"}');
  const shown = await run('show scalekit evt_red');
  expect(shown.stdout).toContain('type      ·[31mred·\n');
  const machine = await run('show scalekit evt_red --json');
  expect(machine.stdout).toContain('"type": "\\u001b[31mred\\u202e"');
});

test.each(['%41', 'a/b%2Fc', 'a b?c#d'])('the id %s is shown as it is, not as a URL would have it', async (id) => {
  await run('send inkress x --data -', JSON.stringify({ id, event_type: 'x' }));
  const { stdout, stderr } = await hookgate(['show', 'inkress', id, '--json'], { env: host.env });
  expect([stderr, JSON.parse(stdout || '{}')]).toMatchObject(['', { eventId: id }]);
});

test('a secret that is set is the one that is shown, and what it signs is accepted', async () => {
  const secret = `whsec_${Buffer.from('a secret of 32 bytes for a test!').toString('base64')}`;
  expect(await run('secret set scalekit', `${secret}\n`)).toMatchObject({ code: 0 });
  expect((await run('secret show scalekit')).stdout).toBe(`${secret}\n`);
  // Those before made the gateway look for a new secret, which it does once a minute.
  const sent = await run('send skribby status_update --json');
  expect(sent.code).toBe(0);
});

test('a secret may be set again at once, but not over one that a person set and that is still accepted', async () => {
  const keys = ['first', 'second', 'third'].map((which) => `the ${which} key of a test`);
  // What ends with the second is what was generated with the secret: nobody has it.
  expect(await run('secret set inkress', `${keys[0]}\n`)).toMatchObject({ code: 0 });
  expect(await run('secret set inkress', `${keys[1]}\n`)).toMatchObject({ code: 0, stderr: '' });
  const third = await run('secret set inkress', `${keys[2]}\n`);
  expect(third).toMatchObject({ code: 1, stdout: '' });
  expect(third.stderr).toContain(
    'and would end now: deliveries that it signed would be refused. Wait, or give --anyway',
  );
  expect(await run('secret set inkress --anyway', `${keys[2]}\n`)).toMatchObject({ code: 0 });
});

test.each([
  ['secret set scalekit', 'not base64!', 1, 'That is no secret of Scalekit'],
  ['secret set scalekit', '', 2, 'No value came from standard input'],
  ['secret set scalekit whsec_abc', '', 2, 'The secret is not an argument'],
  ['show scalekit evt_none', '', 1, 'Source scalekit has no event "evt_none".'],
  ['send scalkit a.b', '', 2, 'There is no source scalkit. Did you mean scalekit?'],
  ['send inkress payment.success --fault stale', '', 2, 'Inkress does not sign when it sends'],
  ['send inkress payment.success --fault late', '', 2, 'Allowed choices are bad-signature'],
  ['send inkress payment.success --data nowhere.json', '', 2, "nowhere.json can't be read (ENOENT)."],
  ['send inkress payment.success --url http://127.0.0.1:1', '', 1, 'start it with `npm start`'],
  ['rejections --hours 169', '', 2, 'It is a whole number from 1 to 168.'],
  ['sources --stage dev', '', 2, '--url'],
  ['events --status don', '', 2, 'Did you mean DONE?'],
  ['events --limit 0', '', 2, 'It is a whole number from 1 to 200.'],
  ['events --next junk', '', 1, 'next is not from an earlier page of this list.'],
  ['events --stage dve', '', 2, 'There is no stage dve. Did you mean dev?'],
  ['events --stage dev', '', 2, 'Give --url or set HOOKGATE_URL'],
  ['snd', '', 2, "unknown command 'snd'"],
])('%s (input %j) ends with %d and says what is wrong', async (args, input, code, said) => {
  const ended = await run(args, input);
  expect(ended).toMatchObject({ code, stdout: '' });
  expect(ended.stderr).toContain(said);
  expect(ended.stderr).not.toMatch(/^\s+at /m);
});
