import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hookgate } from './process.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hookgate-cost-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a stage is counted with its nested stacks, and its sources by the configuration', async () => {
  const queue = { Type: 'AWS::Lambda::EventSourceMapping' };
  const write = (name: string, content: unknown) => writeFileSync(join(folder, name), JSON.stringify(content));
  write('stage.template.json', { Resources: { One: queue, Secret: { Type: 'AWS::SecretsManager::Secret' } } });
  write('group.nested.template.json', { Resources: { One: queue, Two: queue } });
  write('stage.assets.json', {
    files: { a: { source: { path: 'group.nested.template.json' } }, b: { source: { path: 'asset.0123' } } },
  });

  const answer = await hookgate([
    'cost',
    '--volume',
    '1M',
    '--template',
    join(folder, 'stage.template.json'),
    '--json',
  ]);
  expect(answer).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(answer.stdout)).toMatchObject({ sources: 3, stack: { mappings: 3, secrets: 1 } });
});
