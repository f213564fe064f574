/** Where a provider says in its JSON body when an event happened, and as what. */
export interface OccurredAt {
  /** JSON pointer (RFC 6901). */
  readonly at: `/${string}`;
  /** ISO 8601 with its zone, or a Unix time in seconds or milliseconds. Declared, never guessed from the digits. */
  readonly as: 'iso' | 's' | 'ms';
}

const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/;
const DIGITS = /^\d{1,16}(\.\d{1,9})?$/;

/** The time in a parsed body; undefined when it is not there or not of the declared kind. */
export function occurredAtOf(body: unknown, { at, as }: OccurredAt): Date | undefined {
  let value = body;
  for (const step of at.slice(1).split('/')) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  const time = new Date(as === 'iso' ? isoOf(value) : numberOf(value) * (as === 's' ? 1000 : 1));
  return Number.isNaN(time.getTime()) ? undefined : time;
}

function isoOf(value: unknown): number {
  return typeof value === 'string' && ISO.test(value) ? Date.parse(value) : NaN;
}

function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && DIGITS.test(value) ? Number(value) : NaN;
}
