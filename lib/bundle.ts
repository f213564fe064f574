import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type BuildOptions, type BuildResult, buildSync } from 'esbuild';
import type { Gateway } from '../lambdas/core/source.ts';
import { gatewayOf, gatewayOfRoute, type Plan } from './plan.ts';

const ROOT = resolve(import.meta.dirname, '..');
/** Beside the functions: entries of those that have no file of their own. */
const ENTRIES = '.entries';

/** What Lambda runs of one function: a folder with `index.js`, of a processor `thread.js`, and the `gateway.json` beside it. */
export interface Bundle {
  readonly name: string;
  readonly directory: string;
  /** Size of its code. Lambda reads and compiles all of it at a cold start. */
  readonly bytes: number;
  /** Whether the folder held something else, or nothing, before. */
  readonly changed: boolean;
}

export interface BundleProps {
  readonly plan: Plan;
  /** Receives one folder per function; folders of functions that are gone are removed. */
  readonly outputDirectory: string;
  /**
   * Where the entries are.
   * @default - `lambdas` of this project
   */
  readonly lambdasDirectory?: string;
  /** @default - `processors` beside the entries */
  readonly processorsDirectory?: string;
}

/** Name of the function that runs one route. */
export function processorFunctionName(source: string, route: string): string {
  return `processor-${source}-${route}`;
}

/**
 * Bundles every function of a stage, in one run of esbuild. The same sources give the same bytes on every machine, so
 * that CDK's asset hashes change only when code or configuration does.
 */
export function bundleSync(props: BundleProps): Bundle[] {
  return writeBundles(props, buildSync(bundleOptions(props)));
}

/** What esbuild is told; the local host's reload tells it the same. Writes the entries that are not files of the project. */
export function bundleOptions({
  plan,
  outputDirectory,
  lambdasDirectory = join(ROOT, 'lambdas'),
  processorsDirectory = join(lambdasDirectory, 'processors'),
}: BundleProps) {
  const entryPoints: Record<string, string> = {};
  for (const { name, processor } of functionsOf(plan)) {
    if (processor === undefined) entryPoints[`${name}/index`] = join(lambdasDirectory, `${name}.ts`);
    else {
      const entry = join(outputDirectory, ENTRIES, `${name}.ts`);
      writeIfChanged(entry, threadEntry(lambdasDirectory, join(processorsDirectory, `${processor}.ts`)));
      entryPoints[`${name}/index`] = join(lambdasDirectory, 'processor-function.ts');
      entryPoints[`${name}/thread`] = entry;
    }
  }
  return {
    absWorkingDir: ROOT,
    entryPoints,
    outdir: outputDirectory,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    // The ES module builds of the SDK shake off what is not called; Node's default order, main first, would not.
    mainFields: ['module', 'main'],
    minify: true,
    legalComments: 'none',
    write: false,
    logLevel: 'warning',
  } satisfies BuildOptions;
}

/** Puts each function's code and its `gateway.json` into its folder. */
export function writeBundles(
  { plan, outputDirectory }: BundleProps,
  { outputFiles }: BuildResult<{ write: false }>,
): Bundle[] {
  const code = new Map(outputFiles.map(({ path, contents }) => [resolve(path), contents]));
  const functions = functionsOf(plan);
  const bundles = functions.map(({ name, processor, gateway }): Bundle => {
    const directory = join(outputDirectory, name);
    const files = (processor === undefined ? ['index.js'] : ['index.js', 'thread.js']).map(
      (file) => [join(directory, file), code.get(resolve(directory, file)) ?? new Uint8Array()] as const,
    );
    const bytes = files.reduce((sum, [, contents]) => sum + contents.length, 0);
    const written = [
      ...files.map(([file, contents]) => writeIfChanged(file, contents)),
      writeIfChanged(join(directory, 'gateway.json'), `${JSON.stringify(gateway, null, 2)}\n`),
    ];
    return { name, directory, bytes, changed: written.includes(true) };
  });
  removeOthers(outputDirectory, new Set([ENTRIES, ...functions.map(({ name }) => name)]));
  return bundles;
}

/** The functions of a stage beside the processors'. */
export function sharedFunctions({ sources }: Plan): readonly string[] {
  const follows = sources.some(({ allow }) => 'published' in allow);
  const rotates = sources.some(({ rotation }) => rotation !== undefined);
  return [
    ...['verifier', 'sweeper', 'breaker-controller', 'admin', 'address-blocker'],
    ...(follows ? ['allowlists'] : []),
    ...(rotates ? ['rotation'] : []),
    ...(sources.some(({ inbox }) => inbox) ? ['inbox'] : []),
  ];
}

interface FunctionToBundle {
  readonly name: string;
  /** Of a route: `<folder>/<file>` of its processor. */
  readonly processor?: string;
  readonly gateway: Gateway;
}

function functionsOf(plan: Plan): FunctionToBundle[] {
  const gateway = gatewayOf(plan);
  return [
    ...sharedFunctions(plan).map((name) => ({ name, gateway })),
    ...plan.sources.flatMap((source) =>
      source.routes.map((route) => ({
        name: processorFunctionName(source.name, route.name),
        processor: route.processor,
        gateway: gatewayOfRoute(plan, source, route),
      })),
    ),
  ];
}

/** A processor's function: its file, run by the loop that all of them share. */
function threadEntry(lambdasDirectory: string, processorFile: string): string {
  return [
    `import { processBatches } from ${JSON.stringify(resolve(lambdasDirectory, 'processor.ts'))};`,
    `import processor from ${JSON.stringify(resolve(processorFile))};`,
    'processBatches(processor);',
    '',
  ].join('\n');
}

/**
 * Leaves a file alone that is right already. Returns whether it was not. It comes in one piece, since another host of this
 * project may be reading it; and what is not whole yet lies among the entries, where nobody takes it for a function's.
 */
function writeIfChanged(file: string, contents: string | Uint8Array): boolean {
  const wanted = Buffer.from(contents);
  mkdirSync(resolve(file, '..'), { recursive: true });
  try {
    if (readFileSync(file).equals(wanted)) return false;
  } catch {
    // Not there yet.
  }
  const partial = resolve(file, '../..', ENTRIES, `${process.pid}.partial`);
  mkdirSync(resolve(partial, '..'), { recursive: true });
  writeFileSync(partial, wanted);
  renameSync(partial, file);
  return true;
}

function removeOthers(directory: string, kept: ReadonlySet<string>): void {
  for (const name of readdirSync(directory)) {
    if (!kept.has(name)) rmSync(join(directory, name), { recursive: true, force: true });
  }
}
