/**
 * What a secret may look like where it must not be. Every secret of a local host is a canary: whatever its store holds is
 * looked for in everything else that the host leaves behind (`search.ts`); and keys of tests without a host are this one,
 * which is looked for in what such tests print (`printed.ts`).
 */
export const CANARY = 'hookgate canary key, 32 bytes ok';

/** Shorter ones are words of a test (`eu-1`) that stand elsewhere by right. */
const SHORTEST = 16;

/** The texts of a stored value that must stay secret: of JSON its leaves, of labelled lines and prefixed keys the rest too. */
export function secretsIn(stored: string): readonly string[] {
  const whole = leavesOf(stored).flatMap((text) => [text, ...text.split('\n')]);
  const parts = whole.flatMap((text) => [text, text.slice(text.indexOf(':') + 1), text.replace(/^[a-z]+_/, '')]);
  return [...new Set(parts.map((part) => part.trim()))].filter((part) => part.length >= SHORTEST);
}

function leavesOf(text: string): string[] {
  let open: unknown[];
  try {
    open = [JSON.parse(text)];
  } catch {
    return [text];
  }
  const leaves: string[] = [];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value === 'string') leaves.push(...leavesOf(value));
    else if (typeof value === 'object' && value !== null) open.push(...(Object.values(value) as unknown[]));
  }
  return leaves;
}

/** Each way to write a secret, by its name. */
export function formsOf(secret: string): ReadonlyMap<string, Buffer> {
  const bytes = Buffer.from(secret);
  const forms = new Map<string, Buffer>([
    ['plain', bytes],
    ['hex', Buffer.from(bytes.toString('hex'))],
    ['HEX', Buffer.from(bytes.toString('hex').toUpperCase())],
    ['URL', Buffer.from(encodeURIComponent(secret))],
    ['JSON', Buffer.from(JSON.stringify(secret).slice(1, -1))],
    ['UTF-16', Buffer.from(secret, 'utf16le')],
  ]);
  for (const before of [0, 1, 2]) {
    for (const encoding of ['base64', 'base64url'] as const) {
      forms.set(`${encoding} after ${before}`, Buffer.from(inside(bytes, before, encoding)));
    }
  }
  // The key that a text of base64 stands for.
  const key = Buffer.from(secret, 'base64');
  if (key.length >= SHORTEST && key.toString('base64') === secret) {
    forms.set('the key', key);
    forms.set('the key in hex', Buffer.from(key.toString('hex')));
  }
  return forms;
}

/** Base64 of the bytes behind so many others: without the letters that neighbours have a part in. */
function inside(bytes: Buffer, before: number, encoding: 'base64' | 'base64url'): string {
  const text = Buffer.concat([Buffer.alloc(before), bytes])
    .toString(encoding)
    .replace(/=+$/, '');
  const whole = Math.floor(((before + bytes.length) * 8) / 6);
  return text.slice(Math.ceil((before * 8) / 6), whole);
}

/** The forms in which one of the secrets stands in some bytes. Never the secret: this is printed. */
export function leaksIn(bytes: Buffer, secrets: readonly string[]): readonly string[] {
  const found = secrets.flatMap((secret) => [...formsOf(secret)].filter(([, form]) => bytes.includes(form)));
  return [...new Set(found.map(([name]) => name))];
}
