import { Failure } from './failure.ts';
import type { HttpAnswer } from './http.ts';
import { inert } from './inert.ts';

/** The JSON of an admin answer; what the API refuses becomes its own sentence. */
export function readAnswer(answer: HttpAnswer): Record<string, unknown> {
  const value = parsed(answer.body);
  if (answer.status === 200 && value) return value;
  const detail = value?.['detail'] ?? value?.['message'];
  if (answer.status === 403) {
    throw new Failure('The admin API refused (403): your address is not allowed there, or your role may not call it.');
  }
  throw new Failure(typeof detail === 'string' ? inert(detail, 500) : `The admin API answered ${answer.status}.`);
}

function parsed(body: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
