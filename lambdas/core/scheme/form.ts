/** Fields by name, in order of appearance; a repeated name keeps all its values. */
export type Fields = ReadonlyMap<string, readonly string[]>;

/** More fields than any provider sends; what is beyond is not read. */
const MAX_FIELDS = 1000;

/** `application/x-www-form-urlencoded`, of a body or a query. Broken escapes stay as they are. */
export function parseForm(text: string): Fields {
  const fields = new Map<string, string[]>();
  let count = 0;
  for (const [name, value] of new URLSearchParams(text)) {
    if (++count > MAX_FIELDS) break;
    const values = fields.get(name);
    if (values) values.push(value);
    else fields.set(name, [value]);
  }
  return fields;
}

/** The fields of `multipart/form-data` that carry no file. https://www.rfc-editor.org/rfc/rfc7578 */
export function parseMultipart(bytes: Buffer, contentType: string): Fields {
  const boundary = /boundary="?([^";,\s]{1,70})"?/i.exec(contentType.slice(0, 300))?.[1];
  const fields = new Map<string, string[]>();
  if (boundary === undefined) return fields;
  const sections = bytes.toString('utf8').split(`--${boundary}`, MAX_FIELDS);
  for (const section of sections.slice(1)) {
    const end = section.indexOf('\r\n\r\n');
    if (end < 0 || !section.endsWith('\r\n')) continue;
    const head = section.slice(0, Math.min(end, 2000));
    const name = /;\s?name="([^"]{1,200})"/i.exec(head)?.[1];
    if (name === undefined || /;\s?filename=/i.test(head)) continue;
    const value = section.slice(end + 4, -2);
    fields.set(name, [...(fields.get(name) ?? []), value]);
  }
  return fields;
}

/** A form whose content type is not known any more: a multipart body begins with its boundary. */
export function parseFormBody(bytes: Buffer): Fields {
  const boundary = /^--([^\s";,]{1,70})\r\n/.exec(bytes.toString('latin1', 0, 80))?.[1];
  if (boundary === undefined) return parseForm(bytes.toString('utf8'));
  return parseMultipart(bytes, `multipart/form-data; boundary="${boundary}"`);
}

/** Keys in byte order, each followed by its values without repeats, sorted: what Twilio and Mandrill sign. */
export function sortedFields(fields: Fields): string {
  let text = '';
  for (const name of [...fields.keys()].sort()) {
    for (const value of [...new Set(fields.get(name))].sort()) text += name + value;
  }
  return text;
}
