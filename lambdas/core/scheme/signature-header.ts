import type { Provider } from './provider.ts';

/** The header that carries a provider's signature, lower-case; undefined when it stands elsewhere or is a token itself. */
export function signatureHeaderOf(provider: Provider | undefined): string | undefined {
  if (!provider || !('signature' in provider.scheme)) return undefined;
  const { in: place } = provider.scheme.signature;
  return 'slot' in place && place.slot === 'header' ? place.name.toLowerCase() : undefined;
}
