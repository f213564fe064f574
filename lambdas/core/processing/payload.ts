import { parseFormBody } from '../scheme/form.ts';
import { jsonText } from '../scheme/json.ts';

/**
 * The body as a schema gets it: its JSON; else, of a provider that sends forms, an object of its fields, where a name
 * that came more than once has all its values. Undefined when it is neither.
 */
export function payloadOf(rawBody: Buffer, form: boolean): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(jsonText(rawBody)) as unknown };
  } catch {
    if (!form) return undefined;
  }
  const fields = [...parseFormBody(rawBody)];
  if (fields.length === 0) return undefined;
  return { value: Object.fromEntries(fields.map(([name, values]) => [name, values.length > 1 ? values : values[0]])) };
}
