import type { Schema } from './schemas.ts';

/** What of a request is not as its schema says: the field, and a sentence. */
export interface Wrong {
  readonly field: string;
  readonly detail: string;
}

interface Rule {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

/** A time as people and programs write it: https://www.rfc-editor.org/rfc/rfc3339#section-5.6, seconds may be left out. */
const TIME = /^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2}))?$/;
const WHOLE = /^-?[0-9]{1,15}$/;
/** Beyond this no text is looked at. */
const LONGEST_TEXT = 2_048;

/** A body that must be an object of the schema's properties; none at all is an empty one. */
export function wrongInBody(body: Buffer, schema: Schema): Wrong | undefined {
  const { properties = {}, required = [] } = schema as Rule;
  let value: unknown = {};
  try {
    if (body.length > 0) value = JSON.parse(body.toString('utf8'));
  } catch {
    return { field: 'body', detail: 'The body is not JSON.' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { field: 'body', detail: 'The body is a JSON object.' };
  }
  const known = Object.keys(properties);
  for (const [name, given] of Object.entries(value)) {
    if (!known.includes(name)) return { field: name.slice(0, 100), detail: `There are ${known.join(', ')}.` };
    const detail = wrongValue(name, given, properties[name] as Rule);
    if (detail !== undefined) return { field: name, detail };
  }
  const missing = required.find((name) => !Object.hasOwn(value, name));
  return missing === undefined ? undefined : { field: missing, detail: `${missing} is missing.` };
}

/** A value of a query, where all are text. */
export function wrongInQuery(name: string, given: string, schema: Schema): Wrong | undefined {
  const isNumber = (schema as Rule).type === 'integer' && WHOLE.test(given);
  const detail = wrongValue(name, isNumber ? Number(given) : given, schema);
  return detail === undefined ? undefined : { field: name, detail };
}

function wrongValue(name: string, value: unknown, rule: Rule): string | undefined {
  switch (rule.type) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `${name} is true or false.`;
    case 'integer': {
      const { minimum = -Number.MAX_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER } = rule;
      const fits = typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum;
      const range = rule.maximum === undefined ? '' : ` from ${minimum} to ${maximum}`;
      return fits ? undefined : `${name} is a whole number${range}.`;
    }
    default:
      return wrongText(name, value, rule);
  }
}

function wrongText(name: string, value: unknown, rule: Rule): string | undefined {
  const { minLength = 0, maxLength = LONGEST_TEXT } = rule;
  if (rule.enum && !(typeof value === 'string' && rule.enum.includes(value))) {
    return `${name} is one of ${rule.enum.join(', ')}.`;
  }
  if (typeof value !== 'string' || value.length < minLength || value.length > maxLength) {
    return `${name} is a text of ${minLength > 0 ? `${minLength} to` : 'at most'} ${maxLength} characters.`;
  }
  if (rule.format === 'date-time' && !(TIME.test(value) && Date.parse(value) >= 0)) {
    return `${name} is a time like 2026-11-22T08:00:00Z.`;
  }
  if (rule.pattern !== undefined && !new RegExp(rule.pattern).test(value)) return `${name} matches ${rule.pattern}.`;
  return undefined;
}
