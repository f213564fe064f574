/** How deeply a body may be nested: what reads it later may recurse. */
export const MAX_DEPTH = 64;

export type Parsed = { readonly value: unknown } | { readonly problem: 'not-json' | 'too-deep' };

/** A body's JSON as text. A byte order mark is ignored, as RFC 8259 §8.1 allows. */
export function jsonText(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/** The body as JSON, once it is known to be the provider's. */
export function parseJson(bytes: Buffer): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(jsonText(bytes));
  } catch {
    return { problem: 'not-json' };
  }
  return typeof value === 'object' && value !== null && deeperThan(value, MAX_DEPTH)
    ? { problem: 'too-deep' }
    : { value };
}

/** Recurses `limit` levels at most, however deep the value is. */
function deeperThan(value: object, limit: number): boolean {
  if (limit === 0) return true;
  const inners: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  for (const inner of inners) {
    if (typeof inner === 'object' && inner !== null && deeperThan(inner, limit - 1)) return true;
  }
  return false;
}

/** Own properties only, so that `__proto__` and `constructor` in a pointer or a body find nothing else. */
export function atPointer(value: unknown, pointer: readonly string[]): unknown {
  let at = value;
  for (const step of pointer) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<string, unknown>)[step];
  }
  return at;
}

/**
 * A scalar as text. Numbers past 2^53 count as absent: two different ids would read as one and the second event
 * would be taken for a duplicate.
 */
export function scalarText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (typeof value !== 'number') return undefined;
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? undefined : String(value);
}
