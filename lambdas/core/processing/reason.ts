import { types } from 'node:util';
import type { SchemaIssue } from '../processor.ts';

const LONGEST_REASON = 256;
/** Shorter texts of a payload (`en`, `USD` is three) are words of any sentence; shorter numbers are counts and statuses. */
const SHORTEST_HIDDEN = { text: 3, digits: 4 };
const MOST_HIDDEN = 2_000;

/**
 * One line for `lastError`, from whatever a handler threw: its name and message, without the stack, control
 * characters or anything beyond 256 characters, and with the payload's own values and what looks like a credential left
 * out. What is thrown may be anything: a thing that can't be read is said to be one.
 *
 * @param payload the parsed body, whose values must not stand in the reason
 */
export function reasonOf(thrown: unknown, payload?: unknown): string {
  try {
    return oneLine(describe(thrown, payload));
  } catch {
    return 'The handler threw something that can not be read';
  }
}

function describe(thrown: unknown, payload: unknown): string {
  if (thrown instanceof Response) return `Response: status ${thrown.status}`;
  if (thrown instanceof Error || types.isNativeError(thrown)) {
    const { name, message, cause } = thrown;
    const denied = deniedOf(String(message));
    if (denied !== undefined) return withoutValues(denied, payload);
    const code = codeOf(cause);
    const text = withoutCredentials(withoutValues(String(message), payload));
    return `${String(name)}: ${text}${code === undefined ? '' : ` (${code})`}`;
  }
  return `The handler threw ${typeof thrown === 'object' ? 'an object that is not an Error' : typeof thrown}`;
}

/**
 * The part that helps of how AWS refuses a call that a role does not allow: the action and the resource, whose ARN is too
 * long for a row and looks like a credential. https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
function deniedOf(message: string): string | undefined {
  const [, action, resource] = / is not authorized to perform: (\S+) on resource: "?([^\s"]+)/.exec(message) ?? [];
  if (action === undefined || resource === undefined) return undefined;
  const name = resource.startsWith('arn:') ? resource.split(':').slice(5).join(':') : resource;
  return `not allowed: ${action} on ${name}`;
}

/** Of what is behind `fetch failed`: `ECONNREFUSED`. */
function codeOf(cause: unknown): string | undefined {
  if (typeof cause !== 'object' || cause === null) return undefined;
  const { code } = cause as { code?: unknown };
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,40}$/.test(code) ? code : undefined;
}

/** What a schema refused: paths and messages, never values. */
export function reasonOfIssues(issues: readonly SchemaIssue[], payload?: unknown): string {
  const parts = issues.slice(0, 5).map(({ path, message }) => {
    const keys = (path ?? []).map((part) => String(typeof part === 'object' ? part.key : part));
    const text = withoutCredentials(withoutValues(String(message), payload));
    return keys.length > 0 ? `${keys.join('.')}: ${text}` : text;
  });
  return oneLine(`invalid-payload: ${parts.join('; ')}`);
}

/** Leaves out every value of the payload that stands in the text by itself. Longest first: one may contain another. */
function withoutValues(text: string, payload: unknown): string {
  let left = text.slice(0, 4 * LONGEST_REASON);
  for (const value of valuesOf(payload).sort((a, b) => b.length - a.length)) {
    for (let at = left.indexOf(value); at >= 0; at = left.indexOf(value, at + 1)) {
      if (isWordPart(left[at - 1]) || isWordPart(left[at + value.length])) continue;
      left = `${left.slice(0, at)}…${left.slice(at + value.length)}`;
    }
  }
  return left;
}

function isWordPart(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}_]/u.test(character);
}

/** Its texts and numbers, at most so many: a reason must not cost more than the handler. */
function valuesOf(payload: unknown): string[] {
  const values = new Set<string>();
  const open: unknown[] = [payload];
  while (open.length > 0 && values.size < MOST_HIDDEN) {
    const value = open.pop();
    if (typeof value === 'string' && value.trim().length >= SHORTEST_HIDDEN.text) values.add(value.trim());
    else if (typeof value === 'number' && String(value).length >= SHORTEST_HIDDEN.digits) values.add(String(value));
    else if (typeof value === 'object' && value !== null)
      open.push(...(Object.values(value) as unknown[]).slice(0, MOST_HIDDEN));
  }
  return [...values];
}

/** The user and query of a URL, the value of an authorization, keys by their prefix, long runs of hex or base64. */
const CREDENTIALS =
  /(?<=:\/\/)[^\s/@]+@|(?<=:\/\/[^\s?]+)\?\S+|(?<=\b(?:Bearer|Basic|Token)\s+)\S+|\b(?:sk|pk|rk|whsec|xox[a-z]|gh[a-z]|AKIA)[-_]?[A-Za-z0-9_-]{8,}|(?=[A-Za-z+/_=-]*\d)[A-Za-z0-9+/_=-]{32,}/gi;

function withoutCredentials(text: string): string {
  return text.replace(CREDENTIALS, '…');
}

function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').slice(0, LONGEST_REASON);
}
