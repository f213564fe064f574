import type { SchemaIssue } from './processor.ts';

const LONGEST_REASON = 256;

/**
 * One line for `lastError`, from whatever a handler threw: its name and message, without the stack, control
 * characters or anything beyond 256 characters.
 */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof Error) return oneLine(`${thrown.name}: ${thrown.message}`);
  return oneLine(`The handler threw ${typeof thrown === 'object' ? 'an object that is not an Error' : typeof thrown}`);
}

/** What a schema refused: paths and messages, never values. */
export function reasonOfIssues(issues: readonly SchemaIssue[]): string {
  const parts = issues.slice(0, 5).map(({ path, message }) => {
    const keys = (path ?? []).map((part) => String(typeof part === 'object' ? part.key : part));
    return keys.length > 0 ? `${keys.join('.')}: ${message}` : message;
  });
  return oneLine(`invalid-payload: ${parts.join('; ')}`);
}

function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').slice(0, LONGEST_REASON);
}
