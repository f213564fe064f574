import type { Provider } from './provider.ts';

/** Every header that a provider's declaration reads, lower-case and sorted: signatures, tokens, timestamps and ids. */
export function headersOf({ scheme, handshakes = [], id, type, orderKey = [] }: Provider): readonly string[] {
  const names = new Set<string>();
  const collect = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const { slot, name } = value as { readonly slot?: unknown; readonly name?: unknown };
    if (slot === 'header' && typeof name === 'string') names.add(name.toLowerCase());
    for (const inner of Object.values(value)) collect(inner);
  };
  for (const part of [scheme, handshakes, id, type, orderKey]) collect(part);
  return [...names].sort();
}
