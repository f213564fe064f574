import type { Answer } from '../verdict.ts';

/** What the admin API refuses, as a problem document (RFC 9457): a sentence, and the field it is about. */
export function problem(
  status: number,
  detail: string,
  more: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
    body: JSON.stringify({ type: 'about:blank', status, detail, ...more }),
  };
}
