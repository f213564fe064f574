import type { Delivery } from '../lambdas/core/delivery.ts';
import { Attempt, readText } from '../lambdas/core/scheme/attempt.ts';
import { coverageOf, isSigned } from '../lambdas/core/scheme/coverage.ts';
import { header, json, type Part } from '../lambdas/core/scheme/part.ts';
import type { Provider, Scheme } from '../lambdas/core/scheme/provider.ts';

const IDS = ['/id', '/event_id', '/eventId', '/uuid', '/data/id'] as const;
const TYPES = ['/type', '/event', '/event_type', '/eventType', '/topic', '/kind', '/data/type'] as const;
const TODO = 'a captured request has it so: write why, or find what is signed';

/** A provider of this scheme, with an id and a type that the delivery has; what is not signed says so. */
export function declare(name: string, scheme: Scheme, delivery: Delivery): Provider {
  const attempt = new Attempt(delivery, undefined, new Map());
  const present = (part: Part): boolean => (readText(part, attempt) ?? '') !== '';
  const coverage = coverageOf(scheme);
  const headers = [...delivery.headers.keys()];
  const signedHeaders = headers.map(header).filter((place) => isSigned(place, coverage));
  const id = [...signedHeaders, ...IDS.map(json)].filter(present).slice(0, 1);
  const typed = headers.filter((one) => /event|topic|type/.test(one) && one !== 'content-type').map(header);
  const type = [...TYPES.map(json), ...typed].filter(present).slice(0, 1);
  const unsigned = {
    ...(!coverage.body && { body: TODO }),
    ...(id.length > 0 && !id.some((part) => isSigned(part, coverage)) && { id: TODO }),
  };
  return {
    name,
    title: name,
    scheme,
    id,
    type: type.length > 0 ? type : ['event'],
    redelivers: true,
    acknowledge: { status: 200 },
    ...(Object.keys(unsigned).length > 0 && { unsigned }),
    sources: ['a captured request'],
  };
}

/** The builders of the declarations' own language, by the module that has them. */
const MODULES: Readonly<Record<string, readonly string[]>> = {
  grammar: ['kv', 'list', 'plain', 'positional', 'versioned'],
  key: ['base64Key', 'hexKey', 'utf8'],
  part: ['body', 'header', 'json', 'method', 'secret', 'sigParam', 'timestamp', 'url'],
  provider: ['provider'],
};

/** A declaration as the text of its file in `lambdas/providers`, imports included. */
export function writeDeclaration(provider: Provider): string {
  const used = new Set(['provider']);
  const lines = members(provider, (name, value) =>
    name === 'scheme' ? `{\n${members(value, (_, inner) => write(inner, used), '    ')}\n  }` : write(value, used),
  );
  const imports = Object.entries(MODULES).flatMap(([file, names]) => {
    const wanted = names.filter((name) => used.has(name));
    return wanted.length > 0 ? [`import { ${wanted.join(', ')} } from '../core/scheme/${file}.ts';`] : [];
  });
  return [...imports, '', `export const ${provider.name} = provider({`, lines, '});', ''].join('\n');
}

function members(value: unknown, inner: (name: string, value: unknown) => string, indent = '  '): string {
  const entries = Object.entries(value as Record<string, unknown>);
  return entries.map(([name, member]) => `${indent}${writeName(name)}: ${inner(name, member)},`).join('\n');
}

function write(value: unknown, used: Set<string>): string {
  if (typeof value === 'string') return writeText(value);
  if (Array.isArray(value)) return `[${value.map((inner) => write(inner, used)).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const built = builderOf(value as Record<string, unknown>);
  if (built) {
    const [name, args] = built;
    used.add(name);
    return args === undefined ? name : `${name}(${args.map(writeText).join(', ')})`;
  }
  const entries = Object.entries(value).map(([name, inner]) => `${writeName(name)}: ${write(inner, used)}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

/** The builder that makes this value, with its arguments; nothing for what is written out. */
function builderOf(value: Readonly<Record<string, unknown>>): readonly [string, (readonly string[])?] | undefined {
  const { slot, grammar, key } = value;
  const texts = (...names: readonly string[]): readonly string[] =>
    names.flatMap((name) => value[name] as string | readonly string[]);
  if (slot === 'header') return ['header', texts('name')];
  if (slot === 'sigParam') return ['sigParam', texts('key')];
  if (slot === 'json') {
    const steps = texts('pointer').map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`);
    return ['json', [steps.join('')]];
  }
  if (typeof slot === 'string') return [slot];
  if (grammar === 'plain') return ['plain', texts('prefix').filter((prefix) => prefix !== '')];
  if (grammar === 'kv') return ['kv', texts('separator', 'keys')];
  if (grammar === 'versioned') return ['versioned', texts('separator', 'prefix')];
  if (grammar === 'list' || grammar === 'positional') return [grammar, texts('separator')];
  if (key === 'utf8') return ['utf8'];
  if (key === 'hex') return ['hexKey'];
  return key === 'base64' ? ['base64Key', texts('prefix')] : undefined;
}

function writeName(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : writeText(name);
}

/** Names of headers and fields come from a request, so nothing in them may end the text. */
function writeText(text: string): string {
  return /^[ -&(-[\]-~]*$/.test(text) ? `'${text}'` : JSON.stringify(text);
}
