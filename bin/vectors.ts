import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Broken, judge, readVectors, type Judged } from '../cli/vectors.ts';
import { providers } from '../lambdas/providers/index.ts';

/** `npm run vectors -- <file> [--provider name]…`: runs signature vectors against the providers. */
const USAGE = 'Usage: npm run vectors -- <file.json> [--provider <name>]…';

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  let file: string | undefined;
  let names: readonly string[];
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { provider: { type: 'string', multiple: true } },
    });
    if (positionals.length > 1) throw new Error('one file, please');
    file = positionals[0];
    names = values.provider ?? [];
  } catch (error) {
    return usage((error as Error).message);
  }
  if (file === undefined) return usage('no file given');
  const read = readVectors(readText(file));
  if ('problem' in read) return usage(`${file}: ${read.problem}`);
  const unknown = names.find((name) => !providers.has(name));
  if (unknown !== undefined) return usage(`no provider is called ${unknown}`);
  const isChosen = ({ provider }: { readonly provider: unknown }): boolean =>
    names.length === 0 || names.some((name) => name === provider);
  const judged: Judged[] = [];
  for (const vector of read.vectors.filter(isChosen)) judged.push(await judge(vector, providers.get(vector.provider)));
  const broken = read.broken.filter(isChosen);
  report(judged, broken);
  return broken.length > 0 || judged.some(({ result }) => result === 'failed') ? 1 : 0;
}

function usage(problem: string): number {
  process.stderr.write(`${problem}\n${USAGE}\n`);
  return 2;
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** First what is nobody's duty, then what failed, then the counts. */
function report(judged: readonly Judged[], broken: readonly Broken[]): void {
  const lines: string[] = [];
  for (const { vector, said, result } of judged) {
    if (result === 'listed') lines.push(`${vector.gateway.padEnd(13)} ${vector.id}: ${said}  (${vector.description})`);
  }
  for (const { vector, notes } of judged) for (const note of notes) lines.push(`note          ${vector.id}: ${note}`);
  for (const { vector, said, result } of judged) {
    if (result === 'failed')
      lines.push(`FAILED        ${vector.id}: ${vector.gateway}, but ${said}  (${vector.description})`);
  }
  for (const { id } of broken) lines.push(`FAILED        ${id}: is no vector`);
  const passed = judged.filter(({ result }) => result === 'passed').length;
  const failed = judged.filter(({ result }) => result === 'failed').length + broken.length;
  lines.push(`${String(passed)} passed, ${String(failed)} failed`);
  process.stdout.write(`${lines.join('\n')}\n`);
}
