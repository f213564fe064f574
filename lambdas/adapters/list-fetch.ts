const TIMEOUT_MS = 10_000;
/** GitHub's document, the largest known, has some hundred KB. */
const MOST_BYTES = 2 * 1024 * 1024;

/**
 * The text of a published list: over https, without redirects, read no further than allowed. Throws when it can't be
 * had. The address is the provider's declaration's, so nobody from outside chooses what is asked for.
 */
export async function fetchList(url: string, request: typeof fetch = fetch): Promise<string> {
  if (!url.startsWith('https://')) throw new Error(`${url} is not https.`);
  const response = await request(url, {
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    // GitHub refuses a request without one.
    headers: { 'user-agent': 'hookgate', accept: 'application/json, text/plain' },
  });
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}.`);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new Error(`${url} has more than ${MOST_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
