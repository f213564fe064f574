import type { ProviderRequest } from '../core/secrets/registration.ts';

const TIMEOUT_MS = 10_000;

/**
 * Calls a provider's API. Its answer is not read, and no error names what was sent: it holds the new secret.
 *
 * @throws when the answer is anything but 2xx
 */
export async function callProvider({ url, method, headers, body }: ProviderRequest): Promise<void> {
  const response = await fetch(url, {
    method,
    headers,
    body,
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`${method} ${url} was answered ${response.status}.`);
}
