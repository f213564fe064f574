import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, resolve, sep } from 'node:path';

const root = resolve(import.meta.dirname, '..', '..');

interface Source {
  /** From the project's root, with slashes. */
  readonly path: string;
  readonly text: string;
  /** What it imports, by type or value: a file from the project's root, or a package. */
  readonly imports: readonly string[];
}

const IMPORT = /(?:\bfrom\s+|\bimport\s+|\bimport\(\s*|\brequire\(\s*)(['"])([^'"]+)\1/g;

function sourcesOf(...folders: readonly string[]): Source[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((file) => posix.join(folder, file.split(sep).join('/')))
      .filter((path) => path.endsWith('.ts'))
      .map((path) => read(path)),
  );
}

function read(path: string): Source {
  const text = withoutComments(readFileSync(join(root, path), 'utf8'));
  const imports = [...text.matchAll(IMPORT)].map(([, , name = '']) =>
    name.startsWith('.') ? posix.join(dirname(path).split(sep).join('/'), name) : name,
  );
  return { path, text, imports };
}

/** Comments may name what code may not: `@example` does. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

/** `<file> imports <what>` for every import that is not allowed. */
function strays(sources: readonly Source[], allowed: (imported: string, path: string) => boolean): string[] {
  return sources.flatMap(({ path, imports }) =>
    imports.filter((imported) => !allowed(imported, path)).map((imported) => `${path} imports ${imported}`),
  );
}

const within =
  (...folders: readonly string[]) =>
  (imported: string) =>
    folders.some((folder) => imported.startsWith(folder));
const isOurs = within('bin/', 'cli/', 'lib/', 'lambdas/', 'local/', 'test/', 'examples/', 'bench/');
const isSdk = (imported: string) => /^@(aws-sdk|smithy|aws-lambda-powertools|middy)\//.test(imported);
/** One file for each function, right under `lambdas/`. */
const isEntry = (path: string) => /^lambdas\/(?!settings\.ts$)[a-z-]+\.ts$/.test(path);

const core = sourcesOf('lambdas/core', 'lambdas/providers');
const lambdas = sourcesOf('lambdas');
const lib = sourcesOf('lib');

test('the files are found', () => {
  expect(core.length).toBeGreaterThan(20);
  expect(lib.length).toBeGreaterThan(20);
  expect(lambdas.filter(({ path }) => isEntry(path)).map(({ path }) => path)).toEqual([
    'lambdas/address-blocker.ts',
    'lambdas/admin.ts',
    'lambdas/allowlists.ts',
    'lambdas/breaker-controller.ts',
    'lambdas/inbox.ts',
    'lambdas/processor-function.ts',
    'lambdas/processor.ts',
    'lambdas/rotation.ts',
    'lambdas/sweeper.ts',
    'lambdas/verifier.ts',
  ]);
});

test('the core and the providers import Node and each other, nothing else', () => {
  expect(strays(core, within('node:', 'lambdas/core/', 'lambdas/providers/'))).toEqual([]);
});

test('a rotation is a declaration, as a provider is', () => {
  expect(
    strays(sourcesOf('lambdas/rotations'), within('lambdas/core/secrets/registration.ts', 'lambdas/rotations/')),
  ).toEqual([]);
});

test('of the functions only the rotation can sign: what listens to strangers could be made to', () => {
  const signing = 'lambdas/core/scheme/sign.ts';
  const outside = lambdas.filter(({ path, imports }) => imports.includes(signing) && !path.startsWith('lambdas/core/'));
  expect(outside.map(({ path }) => path)).toEqual(['lambdas/rotation.ts']);
  const inside = core.filter(
    ({ path, imports }) => imports.includes(signing) && !/\/(draft|sign-code)\.ts$/.test(path),
  );
  expect(inside.map(({ path }) => path)).toEqual([]);
});

test('the core and the providers open no connection, file or process of their own', () => {
  const pure = /^node:(crypto|buffer|util|zlib|assert|querystring)$/;
  expect(strays(core, (imported) => !imported.startsWith('node:') || pure.test(imported))).toEqual([]);
});

test('time and randomness come into the core as arguments', () => {
  const reads = /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\brandomUUID\(|\brandomBytes\(|\bperformance\.now\(/;
  expect(core.filter(({ text }) => reads.test(text)).map(({ path }) => path)).toEqual([]);
});

test('what runs on Lambda imports nothing of what runs elsewhere', () => {
  expect(strays(lambdas, (imported) => !isOurs(imported) || imported.startsWith('lambdas/'))).toEqual([]);
});

test('only the adapters and the entries know the SDK and middy', () => {
  const others = lambdas.filter(({ path }) => !path.startsWith('lambdas/adapters/') && !isEntry(path));
  expect(strays(others, (imported) => !isSdk(imported))).toEqual([]);
});

test('every SDK client is told how long a call may take', () => {
  const made = lambdas.flatMap(({ path, text }) =>
    [...text.matchAll(/new (?:\w+\.)?\w+Client\(([^)]*)\)?/g)].map(([, options = '']) => ({ path, options })),
  );
  expect(made.length).toBeGreaterThan(10);
  expect(made.filter(({ options }) => options === '' || options === '{}')).toEqual([]);
});

test('only the adapters and the entries read the environment, and only adapters may write to the console', () => {
  const environment = lambdas.filter(({ path }) => !path.startsWith('lambdas/adapters/') && !isEntry(path));
  expect(environment.filter(({ text }) => /\bprocess\.env\b/.test(text)).map(({ path }) => path)).toEqual([]);
  const console = lambdas.filter(({ path }) => !path.startsWith('lambdas/adapters/'));
  expect(console.filter(({ text }) => /\bconsole\.|\bprocess\.stdout\b/.test(text)).map(({ path }) => path)).toEqual(
    [],
  );
});

test('a processor imports the processor’s contract and packages, none of the gateway’s insides', () => {
  const processors = sourcesOf('lambdas/processors');
  const allowed = within('lambdas/core/processor.ts', 'lambdas/processors/');
  expect(strays(processors, (imported) => !isOurs(imported) || allowed(imported))).toEqual([]);
});

test('the stack imports the core, the providers, the settings and itself', () => {
  const allowed = within('lib/', 'lambdas/core/', 'lambdas/providers/', 'lambdas/rotations/', 'lambdas/settings.ts');
  expect(strays(lib, (imported) => !isOurs(imported) || allowed(imported))).toEqual([]);
});

test('nothing that is deployed knows whether it runs on a developer’s machine', () => {
  // The stages of a secret's versions, AWSCURRENT and the like, are others.
  const asks =
    /\bis_?local\b|\bif \([^)]*\blocal\b|\b(stage|stageName)\s*[!=]==?\s*['"`](?!AWS)|LOCALSTACK|AWS_SAM_LOCAL/i;
  const asking = [...lambdas, ...lib].filter(({ text }) => asks.test(text));
  expect(asking.map(({ path }) => path)).toEqual([]);
});

test('there is no barrel and no drawer for odds and ends', () => {
  const all = sourcesOf('bin', 'lib', 'lambdas', 'local');
  const drawer = /(^|\/)(utils?|helpers?|common|misc|manager)(\/|\.ts$)/;
  expect(all.filter(({ path }) => drawer.test(path)).map(({ path }) => path)).toEqual([]);
  expect(all.filter(({ text }) => /^export \* from/m.test(text)).map(({ path }) => path)).toEqual([]);
});
