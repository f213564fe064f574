import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { refusedHost, removeData, type RunningHost, startTestHost, temporaryData } from '../support/host.ts';

/** A folder that a host has run on, and that host's own template, to be spoiled one way after the other. */
let data: string;
let host: RunningHost;

beforeAll(async () => {
  data = temporaryData();
  host = await startTestHost(data);
});

afterAll(() => removeData(data));

test('a second host on the same folder', async () => {
  expect(await refusedHost(data)).toMatchObject({
    code: 1,
    error: `Another Hookgate (process ${host.pid}) uses the data folder ${data}. Stop it, or set HOOKGATE_DATA to another folder.\n`,
  });
  expect((await fetch(`${host.url}/healthz`)).status).toBe(200);
  await host.stop();
});

test('a port in use', async () => {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const port = String((server.address() as AddressInfo).port);
  const { code, error } = await refusedHost(data, { env: { PORT: port } });
  await new Promise((closed) => server.close(closed));

  expect([code, error]).toEqual([1, `Port ${port} is in use. Set PORT to another one.\n`]);
});

test.each(['http', '65536', '-1'])('the port %s', async (port) => {
  expect(await refusedHost(data, { env: { PORT: port } })).toEqual({
    code: 1,
    output: '',
    error: `PORT must be a port number, not "${port}".\n`,
  });
});

test('a folder of something else', async () => {
  const folder = mkdtempSync(join(data, 'project-'));
  writeFileSync(join(folder, 'package.json'), '{"name":"a-project"}\n');

  expect(await refusedHost(folder)).toMatchObject({
    code: 1,
    error: `The folder ${folder} holds a package.json of something else. Set HOOKGATE_DATA to a folder that holds nothing else.\n`,
  });
  expect([readdirSync(folder), readFileSync(join(folder, 'package.json'), 'utf8')]).toEqual([
    ['package.json'],
    '{"name":"a-project"}\n',
  ]);
});

test('a data folder that is set to nothing is the default one', async () => {
  const project = mkdtempSync(join(data, 'project-'));
  symlinkSync(resolve('bin'), join(project, 'bin'));
  writeFileSync(join(project, '.hookgate'), 'a file');

  expect(await refusedHost('', { project })).toMatchObject({
    code: 1,
    error: `The data folder ${join(project, '.hookgate')} can't be written to (ENOTDIR). Set HOOKGATE_DATA to a folder that can.\n`,
  });
});

test('a data folder that is none', async () => {
  const folder = join(data, 'host.txt', 'inside');
  writeFileSync(join(data, 'host.txt'), 'a file');

  expect(await refusedHost(folder)).toMatchObject({
    code: 1,
    error: `The data folder ${folder} can't be written to (ENOTDIR). Set HOOKGATE_DATA to a folder that can.\n`,
  });
});

test.each(['permissions.jsonl', 'sweeper.log'])('a log that can’t be written on: %s', async (name) => {
  const log = join(data, 'logs', name);
  rmSync(log, { force: true });
  mkdirSync(log);
  const refused = await refusedHost(data);
  rmdirSync(log);

  expect(refused).toMatchObject({ code: 1, error: `The log ${log} can't be written to (EISDIR). Move it away.\n` });
});

describe('data that is corrupt', () => {
  test.each([
    ['the secrets’ file', 'secrets.json', 'secrets.json', '[{"name":', 'the secrets'],
    ['a secrets’ file of another kind', 'secrets.json', 'secrets.json', '{"name":"a"}', 'the secrets'],
    [
      'the queues’ database',
      'sqs/fauxqs.db',
      'sqs',
      'no database at all, though long enough'.repeat(100),
      'the queues and payloads',
    ],
    ['the tables’ database', 'dynamodb/CURRENT', 'dynamodb', 'MANIFEST-999999\n', 'the tables'],
  ])('%s', async (_, file, place, content, holds) => {
    const spoiled = join(data, 'services', file);
    const good = readFileSync(spoiled);
    writeFileSync(spoiled, content);
    const { code, error } = await refusedHost(data);
    writeFileSync(spoiled, good);

    expect(code).toBe(1);
    expect(error).toMatch(sentence(`${join(data, 'services', place)} can't be read (`));
    expect(error).toContain(`It holds ${holds}: restore it, or move it away to start empty.`);
  });

  test('the IP sets that functions have replaced', async () => {
    const kept = join(data, 'ip-sets.json');
    writeFileSync(kept, '{"arn:aws:wafv2:a":{"addresses":"10.0.0.0/8"}}');
    const refused = await refusedHost(data);
    rmSync(kept);

    expect(refused).toMatchObject({
      code: 1,
      error: `${kept} can't be read (it is no record of IP sets). It holds the addresses that functions have put into IP sets: restore it, or move it away to start with the template’s.\n`,
    });
  });

  test('metrics are set aside', async () => {
    const kept = join(data, 'metrics.json');
    writeFileSync(kept, '{"positions":');
    const again = await startTestHost(data);
    await again.stop();

    expect(again.output()).toMatch(
      sentence(`${kept} can't be read (Unexpected end of JSON input). It holds metrics:`, 'm'),
    );
    expect(readFileSync(`${kept}.unreadable`, 'utf8')).toBe('{"positions":');
    expect(JSON.parse(readFileSync(kept, 'utf8'))).toHaveProperty('store');
  });

  test('a template that can’t be read is made again', async () => {
    const manifest = join(data, 'cdk.out', 'manifest.json');
    writeFileSync(manifest, '{');
    const again = await startTestHost(data);
    await again.stop();
    expect(JSON.parse(readFileSync(manifest, 'utf8'))).toHaveProperty('artifacts');
  });
});

describe('a template that asks for what does not run here', () => {
  test('a filter of messages', async () => {
    const id = change('AWS::Lambda::EventSourceMapping', (properties) => {
      properties['FilterCriteria'] = { Filters: [{ Pattern: '{}' }] };
    });
    expect(await refusedHost(data)).toMatchObject({
      code: 1,
      error: `${id} has FilterCriteria {"Filters":[{"Pattern":"{}"}]}, and the local host does not filter messages: give each kind of message its own queue, because Lambda deletes what no filter matches.\n`,
    });
  });

  test('a schedule by the calendar', async () => {
    const id = change('AWS::Events::Rule', (properties) => {
      properties['ScheduleExpression'] = 'cron(0 12 * * ? *)';
    });
    expect(await refusedHost(data)).toMatchObject({
      code: 1,
      error: `${id} has the schedule cron(0 12 * * ? *), and the local host runs rate(…) only: write it so, as rate(1 minute).\n`,
    });
  });

  test('a statement of the web ACL', async () => {
    const id = change('AWS::WAFv2::WebACL', (properties) => {
      properties['Rules'] = [
        {
          Name: 'countries',
          Priority: 0,
          Action: { Block: {} },
          Statement: { GeoMatchStatement: { CountryCodes: [] } },
        },
      ];
    });
    expect(await refusedHost(data)).toMatchObject({
      code: 1,
      error: `${id}, rule countries: the local host does not evaluate GeoMatchStatement. Write the rule without it (lib/web-acl.ts).\n`,
    });
  });
});

/** Changes the first resource of a type in the template that the next host takes; returns its logical id. */
function change(type: string, edit: (properties: Record<string, unknown>) => void): string {
  const folder = join(data, 'cdk.out');
  const file = join(folder, readdirSync(folder).find((name) => name.endsWith('.template.json')) ?? '');
  const original = readFileSync(file, 'utf8');
  const template = JSON.parse(original) as {
    Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>;
  };
  const [id, resource] = Object.entries(template.Resources).find(([, { Type }]) => Type === type) ?? [];
  if (id === undefined || !resource) throw new Error(`The template has no ${type}.`);
  edit(resource.Properties);
  writeFileSync(file, JSON.stringify(template));
  restore = () => writeFileSync(file, original);
  return id;
}

let restore: () => void = () => undefined;
afterEach(() => restore());

/** One line that begins so: no stack trace after it. With the flag `m`, among others. */
function sentence(start: string, flags = ''): RegExp {
  return new RegExp(`^${start.replaceAll(/[/().]/g, '\\$&')}[^\\n]*\\n${flags === 'm' ? '' : '$'}`, flags);
}
