import { existsSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { InBulk, OneByOne, RetryOptions, RouteOptions } from '../lambdas/core/processor.ts';

/** What the stack needs of a processor file; or a word for why there is none. */
export type Declaration = Declared | 'missing' | 'no-processor' | { readonly error: string };

export interface Declared extends Pick<RouteOptions<never>, 'on' | 'retry' | 'timeout'> {
  /** A JSON pointer, if it is one. */
  readonly ordered?: string;
  readonly tables: readonly string[];
  /** Whether it takes its events one by one. */
  readonly handles: 'one' | 'batch';
  /** What else it says and should not: a clause each, with the mend. */
  readonly oddities: readonly string[];
}

type Option = keyof RouteOptions<never> | keyof OneByOne<never> | keyof InBulk<never> | 'kind';
const OPTIONS = {
  kind: true,
  on: true,
  schema: true,
  tables: true,
  retry: true,
  timeout: true,
  ordered: true,
  handler: true,
  handleBatch: true,
} satisfies Record<Option, true>;
const RETRY_OPTIONS = {
  tries: true,
  firstWait: true,
  longestWait: true,
  deadLetters: true,
} satisfies Record<keyof RetryOptions, true>;

/**
 * Reads the declarations of processors by running their files, so that `on` and `tables` are written once: there. A file
 * is run once in a process, unless `rereads` says to run one that was written since again.
 */
export async function readDeclarations(
  processors: Iterable<string>,
  directory: string,
  { rereads = false }: { readonly rereads?: boolean } = {},
): Promise<ReadonlyMap<string, Declaration>> {
  const declarations = new Map<string, Declaration>();
  for (const name of new Set(processors)) {
    declarations.set(name, await readDeclaration(join(directory, `${name}.ts`), rereads));
  }
  return declarations;
}

async function readDeclaration(file: string, rereads: boolean): Promise<Declaration> {
  if (!existsSync(file)) return 'missing';
  let module: { readonly default?: unknown };
  try {
    // Relative, because an absolute path of Windows is no module name.
    module = (await import(
      `./${relative(import.meta.dirname, file)
        .split(sep)
        .join('/')}${rereads ? `?written=${statSync(file).mtimeMs}` : ''}`
    )) as typeof module;
  } catch (error) {
    return { error: error instanceof Error ? (error.message.split('\n')[0] ?? error.name) : String(error) };
  }
  const declared = module.default;
  if (typeof declared !== 'object' || declared === null) return 'no-processor';
  const {
    kind,
    on,
    tables = [],
    retry,
    timeout,
    ordered,
    handler,
    handleBatch,
  } = declared as Partial<Record<string, unknown>>;
  if (kind !== 'processor' || typeof on !== 'string' || !isStrings(tables)) return 'no-processor';
  if ((typeof handler === 'function') === (typeof handleBatch === 'function')) return 'no-processor';
  if ((retry !== undefined && !isNamed(retry)) || (timeout !== undefined && typeof timeout !== 'number')) {
    return 'no-processor';
  }
  if (ordered !== undefined && typeof ordered !== 'string') return 'no-processor';
  return {
    on,
    tables,
    handles: typeof handler === 'function' ? 'one' : 'batch',
    oddities: odditiesOf(declared, retry ?? {}),
    ...(retry && { retry }),
    ...(timeout !== undefined && { timeout }),
    ...(ordered !== undefined && { ordered }),
  };
}

/** Types say so too, but a file may be run without them. */
function odditiesOf(declared: object, retry: object): string[] {
  const { schema } = declared as { readonly schema?: unknown };
  const { deadLetters } = retry as { readonly deadLetters?: unknown };
  return [
    ...(isSchema(schema)
      ? []
      : [`a schema that is none: give one of zod, valibot or arktype, or whatever has '~standard'.validate`]),
    ...unknownOf(declared, OPTIONS, ''),
    ...unknownOf(retry, RETRY_OPTIONS, 'retry.'),
    ...(deadLetters === undefined || typeof deadLetters === 'boolean'
      ? []
      : [`retry.deadLetters ${JSON.stringify(deadLetters)}: give true or false`]),
  ];
}

function unknownOf(options: object, known: object, prefix: string): string[] {
  return Object.keys(options)
    .filter((name) => !Object.hasOwn(known, name))
    .map((name) => `the option ${prefix}${name}, which is none: there are ${Object.keys(known).join(', ')}`);
}

/** https://standardschema.dev; arktype's are functions. */
function isSchema(schema: unknown): boolean {
  if ((typeof schema !== 'object' && typeof schema !== 'function') || schema === null) return false;
  const { '~standard': standard } = schema as { readonly '~standard'?: { readonly validate?: unknown } };
  return typeof standard?.validate === 'function';
}

function isNamed(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}
