import { types } from 'node:util';
import type { SchemaIssue } from '../processor.ts';

const LONGEST_REASON = 256;
/** Shorter texts of a payload (`en`, `USD` is three) are words of any sentence; shorter numbers are counts and statuses. */
const SHORTEST_HIDDEN = { text: 3, digits: 4, everywhere: 8 };
/** `sha256` has three, an id more. */
const MOST_DIGITS_OF_NAME = 3;
const MOST_HIDDEN = 2_000;

/**
 * One line for `lastError`, from whatever a handler threw: its name and message, without the stack, control
 * characters or anything beyond 256 characters, and with the payload's own values and what looks like a credential left
 * out. What is thrown may be anything: a thing that can't be read is said to be one.
 *
 * @param body JSON whose values must not stand in the reason; its text, for the handler may have changed what was parsed
 */
export function reasonOf(thrown: unknown, body?: string): string {
  try {
    return oneLine(describe(thrown, body));
  } catch {
    return 'The handler threw something that can not be read';
  }
}

function describe(thrown: unknown, body: string | undefined): string {
  if (thrown instanceof Response) return `Response: status ${thrown.status}`;
  if (thrown instanceof Error || types.isNativeError(thrown)) {
    const { name, message, cause } = thrown;
    const denied = deniedOf(String(message));
    if (denied !== undefined) return withoutValues(denied, body);
    const code = codeOf(cause);
    const text = withoutCredentials(withoutValues(`${String(name)}: ${String(message)}`, body));
    return `${text}${code === undefined ? '' : ` (${code})`}`;
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

/** What a schema refused: paths and messages, never values, nor keys that are some. */
export function reasonOfIssues(issues: readonly SchemaIssue[], body?: string): string {
  const parts = issues.slice(0, 5).map(({ path, message }) => {
    const keys = (path ?? []).map((part) => nameOf(typeof part === 'object' ? part.key : part));
    const text = withoutCredentials(withoutValues(String(message), body));
    return keys.length > 0 ? `${keys.join('.')}: ${text}` : text;
  });
  return oneLine(`invalid-payload: ${parts.join('; ')}`);
}

/** A place in a list, or the name of a field. */
function nameOf(key: PropertyKey): string {
  return typeof key === 'number' || isFieldName(String(key)) ? String(key) : '…';
}

/** What must not stand in a text: everywhere in any case, or only where it stands by itself as it is. */
interface Hidden {
  readonly form: string;
  readonly everywhere: boolean;
}

/** Leaves out every value of the payload. Longest first: one may contain another. */
function withoutValues(text: string, body: string | undefined): string {
  let left = text.slice(0, 4 * LONGEST_REASON);
  if (body === undefined) return left;
  for (const { form, everywhere } of hiddenOf(body)) {
    const inCase = everywhere ? folded : asItIs;
    const wanted = inCase(form);
    for (let at = inCase(left).indexOf(wanted); at >= 0; at = inCase(left).indexOf(wanted, at + 1)) {
      if (!everywhere && (isWordPart(left[at - 1]) || isWordPart(left[at + form.length]))) continue;
      left = `${left.slice(0, at)}…${left.slice(at + form.length)}`;
    }
  }
  return left;
}

function asItIs(text: string): string {
  return text;
}

/** In small letters, unless that moves what stands behind them. */
function folded(text: string): string {
  const small = text.toLowerCase();
  return small.length === text.length ? small : text;
}

function isWordPart(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}_]/u.test(character);
}

function hiddenOf(body: string): Hidden[] {
  const forms = valuesOf(JSON.parse(body)).flatMap((value): Hidden[] =>
    value.length < SHORTEST_HIDDEN.everywhere
      ? [{ form: value, everywhere: false }]
      : formsOf(value).map((form) => ({ form, everywhere: true })),
  );
  return forms.sort((a, b) => b.form.length - a.form.length);
}

/** As it is, and as it stands in a URL and in JSON. */
function formsOf(value: string): string[] {
  // Half a character can't be in a URL.
  if (!value.isWellFormed()) return [value];
  const inUrl = encodeURIComponent(value);
  return [...new Set([value, inUrl, inUrl.replaceAll('%20', '+'), JSON.stringify(value).slice(1, -1)])];
}

/** Its texts and numbers, and keys that name no field; at most so many: a reason must not cost more than the handler. */
function valuesOf(payload: unknown): string[] {
  const values = new Set<string>();
  const open: unknown[] = [payload];
  const addText = (text: string) => void (text.length >= SHORTEST_HIDDEN.text && values.add(text));
  while (open.length > 0 && values.size < MOST_HIDDEN) {
    const value = open.pop();
    if (typeof value === 'string') addText(value.trim());
    else if (typeof value === 'number' && String(value).length >= SHORTEST_HIDDEN.digits) values.add(String(value));
    else if (typeof value === 'object' && value !== null) {
      const entries = Object.entries(value).slice(0, MOST_HIDDEN);
      if (!Array.isArray(value)) for (const [key] of entries) if (!isFieldName(key)) addText(key);
      open.push(...entries.map(([, inner]: [string, unknown]) => inner));
    }
  }
  return [...values];
}

/** Whether a key looks like a field's name, which somebody chose once, and not like an address or an id. */
function isFieldName(key: string): boolean {
  return /^[@$]?[\p{L}_][\p{L}\p{N}_-]{0,39}$/u.test(key) && (key.match(/\d/g) ?? []).length <= MOST_DIGITS_OF_NAME;
}

/**
 * The user and query of a URL, the value of an authorization, what is assigned to a name that says it is one, keys by their
 * prefix, long runs of hex or base64.
 */
const CREDENTIALS =
  /(?<=(?:passw(?:or)?d|pwd|secret|token|credentials?|authorization|(?:api|access|private|signing)[-_]?key)["']?(?:\s*=\s*["']?|["']\s*:\s*["']))[^\s"',;&]+|(?<=:\/\/)[^\s/@]+@|(?<=:\/\/[^\s?]+)\?\S+|(?<=\b(?:Bearer|Basic|Token)\s+)\S+|\b(?:sk|pk|rk|whsec|xox[a-z]|gh[a-z]|AKIA)[-_]?[A-Za-z0-9_-]{8,}|(?=[A-Za-z+/_=-]*\d)[A-Za-z0-9+/_=-]{32,}/gi;

function withoutCredentials(text: string): string {
  return text.replace(CREDENTIALS, '…');
}

function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').slice(0, LONGEST_REASON);
}
