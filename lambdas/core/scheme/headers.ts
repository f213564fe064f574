import type { Provider } from './provider.ts';

/** Of headers that are numbered, so many are named: a provider sends one for each key of an account, and few have more. */
const MOST_NUMBERED = 10;

/** Every header that a provider's declaration reads, lower-case and sorted: signatures, tokens, timestamps and ids. */
export function headersOf({ scheme, handshakes = [], id, type, orderKey = [] }: Provider): readonly string[] {
  const names = new Set<string>(scheme.algorithm === 'code' ? scheme.reads : []);
  const collect = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const { slot, name, place, prefix, max } = value as Readonly<Record<string, unknown>>;
    if (slot === 'header' && typeof name === 'string') names.add(name.toLowerCase());
    if (place === 'numbered' && typeof prefix === 'string' && typeof max === 'number') {
      for (let number = 1; number <= Math.min(max, MOST_NUMBERED); number++)
        names.add(`${prefix}${number}`.toLowerCase());
    }
    for (const inner of Object.values(value)) collect(inner);
  };
  for (const part of [scheme, handshakes, id, type, orderKey]) collect(part);
  return [...names].sort();
}
