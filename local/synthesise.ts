import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Assembly, readAssembly } from './template/assembly.ts';
import { readIfThere } from './atomic-file.ts';
import { Refusal } from './refusal.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** What an assembly is made of. */
const SOURCES = ['lib', 'lambdas', 'bin/hookgate.ts', 'package-lock.json'];
/** In the assembly's folder: what it was made of when it was made. */
const DIGEST = '.sources';
const APP = fileURLToPath(new URL('../bin/hookgate.ts', import.meta.url));

/**
 * Bundles the functions and writes the cloud assembly of one stage, in a process of its own: CDK is slow to load. An
 * assembly of the same sources is taken as it is.
 */
export async function synthesise(stage: string, folder: string): Promise<Assembly> {
  const digest = `${stage} ${digestOf(SOURCES.map((path) => join(ROOT, path)))}`;
  if (readIfThere(join(folder, DIGEST)) === digest) {
    const kept = readIfWhole(folder);
    if (kept) return kept;
  }
  rmSync(folder, { recursive: true, force: true });
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', APP], {
    env: { ...process.env, HOOKGATE_STAGE: stage, CDK_OUTDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Refusal(`The stack could not be synthesised:\n${Buffer.concat(output).toString().trim()}`);
  writeFileSync(join(folder, DIGEST), digest);
  return readAssembly(folder);
}

/** What can't be read is made again: nothing is lost with it. */
function readIfWhole(folder: string): Assembly | undefined {
  try {
    return readAssembly(folder);
  } catch {
    return undefined;
  }
}

/** Names, sizes and times of all files under the paths. */
function digestOf(paths: readonly string[]): string {
  const hash = createHash('sha256');
  for (const path of paths) {
    const inside = statSync(path).isDirectory()
      ? readdirSync(path, { recursive: true, encoding: 'utf8' }).sort()
      : [''];
    for (const name of inside) {
      const { size, mtimeMs } = statSync(join(path, name));
      hash.update(`${join(path, name)} ${size} ${mtimeMs}\n`);
    }
  }
  return hash.digest('hex');
}
