import { parseFormBody } from '../scheme/form.ts';
import { jsonText } from '../scheme/json.ts';

/** What a body says, and the same as JSON text: schema and handler may change the one, and can't the other. */
export interface Said {
  readonly value: unknown;
  readonly text: string;
}

/**
 * The body as a schema gets it: its JSON; else, of a provider that sends forms, an object of its fields, where a name
 * that came more than once has all its values. Undefined when it is neither.
 */
export function payloadOf(rawBody: Buffer, form: boolean): Said | undefined {
  const text = jsonText(rawBody);
  try {
    return { value: JSON.parse(text) as unknown, text };
  } catch {
    if (!form) return undefined;
  }
  const fields = [...parseFormBody(rawBody)];
  if (fields.length === 0) return undefined;
  const value = Object.fromEntries(fields.map(([name, values]) => [name, values.length > 1 ? values : values[0]]));
  return { value, text: JSON.stringify(value) };
}
