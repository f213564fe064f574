import { createHmac } from 'node:crypto';
import { request } from 'node:http';

/** A request to the last byte: `fetch` would tidy paths, join headers and refuse bodies that an attacker sends. */
export interface Attempt {
  readonly method?: string;
  readonly path: string;
  /** Several values are several header lines. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
  /** The loopback address that it comes from. @default 127.0.0.1 */
  readonly from?: string;
}

export interface Answered {
  readonly status: number;
  readonly type: string | undefined;
  readonly body: string;
}

export function attempt(url: string, { method = 'POST', path, headers = {}, body = '', from }: Attempt) {
  const { hostname, port } = new URL(url);
  // Built from entries, so that `__proto__` is a header too.
  const sent = Object.fromEntries<string | string[]>([
    ['content-length', String(Buffer.byteLength(body))],
    ...Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]] as const),
  ]);
  return new Promise<Answered>((resolve, reject) => {
    const options = { hostname, port, method, path, headers: sent, agent: false as const };
    const outgoing = request({ ...options, ...(from !== undefined && { localAddress: from }) }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          type: answer.headers['content-type'],
          body: Buffer.concat(chunks).toString(),
        }),
      );
      answer.on('error', reject);
    });
    outgoing.on('error', reject).end(body);
  });
}

export const nowSeconds = (shift = 0): string => String(Math.floor(Date.now() / 1000) + shift);

interface Signing {
  readonly secret: string;
  readonly body: string | Buffer;
  readonly time?: string;
  readonly id?: string;
}

function mac(key: string | Buffer, content: readonly (string | Buffer)[]): Buffer {
  const hmac = createHmac('sha256', key);
  for (const part of content) hmac.update(part);
  return hmac.digest();
}

export interface Signed extends Attempt {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** As Scalekit signs: Standard Webhooks, over id, time and body. */
export function toScalekit({ secret, body, time = nowSeconds(), id = 'msg_1' }: Signing): Signed {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signature = `v1,${mac(key, [`${id}.${time}.`, body]).toString('base64')}`;
  const headers = { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signature };
  return { path: '/webhooks/scalekit', headers, body };
}

/** As Inkress signs: hex over the body alone. */
export function toInkress({ secret, body }: Signing): Signed {
  return {
    path: '/webhooks/inkress',
    headers: { 'x-inkress-signature': mac(secret, [body]).toString('hex') },
    body,
  };
}

/** As Skribby signs: hex over time and body; the id is not covered. */
export function toSkribby({ secret, body, time = nowSeconds(), id = 'delivery_1' }: Signing): Signed {
  const signature = `sha256=${mac(secret, [`${time}.`, body]).toString('hex')}`;
  const headers = { 'x-skribby-webhook-id': id, 'x-skribby-timestamp': time, 'x-skribby-signature': signature };
  return { path: '/webhooks/skribby', headers, body };
}

/** With other headers; `undefined` leaves one out. */
export function changed(signed: Signed, headers: Readonly<Record<string, string | readonly string[] | undefined>>) {
  const all = Object.entries({ ...signed.headers, ...headers });
  const kept = all.filter((entry): entry is [string, string | readonly string[]] => entry[1] !== undefined);
  return { ...signed, headers: Object.fromEntries(kept) };
}
