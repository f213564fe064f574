import { createHmac } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { type Attempt, changed, nowSeconds, toInkress, toScalekit, toSkribby } from '../support/attacker.ts';

const USER = '{"id":"evt_1","type":"organization.directory.user_created","data":{"email":"ada@example.com"}}';
export const PAYMENT =
  '{"id":"evt_1","event_type":"payment.success","data":{"order_id":"o_1","amount":1,"currency":"JMD"},"created_at":"2026-01-01"}';
const STATUS = '{"type":"status_update","bot_id":"bot_1","data":{"old_status":"booting","new_status":"joining"}}';

interface Secrets {
  readonly scalekit: string;
  readonly inkress: string;
  readonly skribby: string;
}

interface Change {
  readonly id?: string;
  readonly time?: string;
  readonly body?: string | Buffer;
  readonly secret?: string;
}

/**
 * Attacks as rows of class (SECURITY.md), what is tried, and how; what answers no 401 has its status. Requests are made
 * when they are asked for: the secrets are known once the host runs.
 */
export function attacksWith(secrets: Secrets) {
  const scalekit = (more: Change = {}) => toScalekit({ secret: secrets.scalekit, body: USER, ...more });
  const inkress = (more: Change = {}) => toInkress({ secret: secrets.inkress, body: PAYMENT, ...more });
  const skribby = (more: Change = {}) => toSkribby({ secret: secrets.skribby, body: STATUS, ...more });
  const hex = () => inkress().headers['x-inkress-signature'] ?? '';
  const base64 = () => (scalekit().headers['webhook-signature'] ?? '').slice('v1,'.length);
  const withHex = (signature: string) => changed(inkress(), { 'x-inkress-signature': signature });
  const withBase64 = (signature: string) => changed(scalekit(), { 'webhook-signature': signature });

  function timeRow(time: string): readonly [string, string, () => Attempt] {
    return ['A5', `the time ${time === '' ? 'is empty' : time}, well signed`, () => skribby({ time })];
  }

  function pathRow(path: string): readonly [string, string, number, () => Attempt] {
    return ['A22', path, 404, () => ({ ...scalekit(), path })];
  }

  function inheritedHeader(name: string): readonly [string, string, () => Attempt] {
    const unsigned = { 'x-inkress-signature': undefined };
    return ['A19', `a header and a parameter ${name}`, () => inherited(changed(inkress(), unsigned), name)];
  }

  /** An address that no list has. */
  function from2() {
    return { ...scalekit(), from: '127.0.0.2' };
  }

  const forged: readonly (readonly [string, string, () => Attempt])[] = [
    ['A1', 'no signature, Scalekit', () => ({ path: '/webhooks/scalekit', body: USER })],
    ['A1', 'no signature, Inkress', () => ({ path: '/webhooks/inkress', body: PAYMENT })],
    ['A1', 'no signature, Skribby', () => ({ path: '/webhooks/skribby', body: STATUS })],
    ['A1', 'signed with an empty key, Scalekit', () => scalekit({ secret: '' })],
    ['A1', 'signed with an empty key, Inkress', () => inkress({ secret: '' })],
    ['A1', 'signed with an empty key, Skribby', () => skribby({ secret: '' })],
    ['A1', 'signed with what a missing variable is called', () => inkress({ secret: 'undefined' })],
    ['A2', 'right but for its last digit', () => withHex(hex().slice(0, -1) + (hex().endsWith('0') ? '1' : '0'))],
    ['A3', 'an empty signature', () => withHex('')],
    ['A3', 'one digit', () => withHex('a')],
    ['A3', 'one digit less', () => withHex(hex().slice(1))],
    ['A3', 'one digit more', () => withHex(`${hex()}0`)],
    ['A3', 'the right signature twice over', () => withHex(hex() + hex())],
    ['A3', 'a signature of eight kilobytes', () => withHex('a'.repeat(8192))],
    ['A4', 'hex with letters behind it', () => withHex(`${hex()}zz`)],
    ['A4', 'hex of the right length that is none', () => withHex('z'.repeat(64))],
    ['A4', 'hex with the prefix of another notation', () => withHex(`0x${hex()}`)],
    [
      'A4',
      'base64 with a character that decoders skip',
      () => withBase64(`v1,${base64().slice(0, 9)}*${base64().slice(9)}`),
    ],
    ['A4', 'base64 without its padding', () => withBase64(`v1,${base64().replace(/=+$/, '')}`)],
    ['A4', 'base64 whose last bits are not zero', () => withBase64(`v1,${lastBitsSet(base64())}`)],
    ['A5', 'no time', () => changed(skribby(), { 'x-skribby-timestamp': undefined })],
    ...['', 'NaN', 'undefined', '1e9', '0x65920080', '-1', 'Infinity'].map(timeRow),
    ['A5', 'letters behind the time', () => skribby({ time: `${nowSeconds()}abc` })],
    ['A5', 'a fraction', () => skribby({ time: `${nowSeconds()}.5` })],
    ['A5', 'milliseconds', () => skribby({ time: String(Date.now()) })],
    ['A6', 'signed ten minutes ahead', () => scalekit({ time: nowSeconds(600) })],
    ['A6', 'signed ten minutes ago', () => scalekit({ time: nowSeconds(-600) })],
    [
      'A9',
      'the same JSON printed otherwise',
      () => ({ ...scalekit(), body: JSON.stringify(JSON.parse(USER), null, 1) }),
    ],
    [
      'A10',
      'bytes that read the same once decoded',
      () => ({
        ...inkress({ body: Buffer.from('{"id":"\xff"}', 'latin1') }),
        body: Buffer.from('{"id":"\ufffd"}'),
      }),
    ],
    [
      'A11',
      'two signatures, the right one first',
      () => changed(inkress(), { 'x-inkress-signature': [hex(), 'a'.repeat(64)] }),
    ],
    [
      'A11',
      'two signatures, the right one last',
      () => changed(inkress(), { 'x-inkress-signature': ['a'.repeat(64), hex()] }),
    ],
    ['A11', 'two times', () => changed(scalekit(), { 'webhook-timestamp': [nowSeconds(), nowSeconds(-3000)] })],
    ['A16', 'a version that nobody declared', () => withBase64(`v0,${base64()}`)],
    ['A16', 'the version of public keys', () => withBase64(`v1a,${base64()}`)],
    [
      'A16',
      'SHA-1, named by the sender',
      () => {
        const sha1 = createHmac('sha1', secrets.inkress).update(PAYMENT).digest('hex');
        return changed(inkress(), { 'x-inkress-signature': `sha1=${sha1}` });
      },
    ],
    [
      'A16',
      'no algorithm, named by the sender',
      () => changed(inkress(), { 'x-inkress-signature': 'none', alg: 'none' }),
    ],
    [
      'A17',
      'the time moved into the id',
      () => {
        const [first, then] = [nowSeconds(), nowSeconds(-1)];
        const { headers } = scalekit({ id: 'msg_1', time: first, body: `${then}.${USER}` });
        return changed({ ...scalekit(), headers }, { 'webhook-id': `msg_1.${first}`, 'webhook-timestamp': then });
      },
    ],
    ...INHERITED.map(inheritedHeader),
    ['A20', 'ten thousand separators', () => withBase64('v1,'.repeat(2_600))],
    ['A20', 'a list that never ends well', () => withBase64(`${'v1,a '.repeat(1_600)}!`)],
    ['A33', 'everything but the signature', () => changed(scalekit(), { 'webhook-signature': undefined })],
    ['A34', 'signed with the secret of another source', () => skribby({ secret: secrets.inkress })],
  ];

  const other: readonly (readonly [string, string, number, () => Attempt])[] = [
    ['A10', 'no body, well signed', 400, () => inkress({ body: '' })],
    ['A10', 'no UTF-8, well signed', 400, () => inkress({ body: Buffer.from([0x7b, 0xff, 0x7d]) })],
    [
      'A13',
      'an address of the list in X-Forwarded-For',
      403,
      () => changed(from2(), { 'x-forwarded-for': '127.0.0.1' }),
    ],
    [
      'A13',
      'and in its newer kin',
      403,
      () => changed(from2(), { forwarded: 'for=127.0.0.1', 'x-real-ip': '127.0.0.1' }),
    ],
    [
      'A14',
      'the API’s own address, with the stage in the path',
      403,
      () => ({ ...from2(), path: '/local/webhooks/scalekit' }),
    ],
    [
      'A19',
      'a type that only the prototype has',
      400,
      () => inkress({ body: '{"id":"evt_1","__proto__":{"event_type":"payment.success"}}' }),
    ],
    ['A19', 'sixty-five levels', 400, () => inkress({ body: deep(65) })],
    ['A19', 'a hundred thousand levels', 400, () => inkress({ body: deep(100_000) })],
    [
      'A19',
      'an id that no number can hold',
      400,
      () => inkress({ body: '{"id":123456789012345678901,"event_type":"x"}' }),
    ],
    [
      'A21',
      'a bomb, well signed',
      415,
      () => changed(inkress({ body: gzipSync(Buffer.alloc(50_000_000)) }), { 'content-encoding': 'gzip' }),
    ],
    ['A21', 'a coding behind the harmless one', 415, () => changed(inkress(), { 'content-encoding': 'identity, br' })],
    ...[
      '/webhooks/',
      '/webhooks/nobody',
      '/webhooks/__proto__',
      '/webhooks/constructor',
      '/webhooks/scalekit/',
      '/webhooks//scalekit',
      '//webhooks/scalekit',
      '/WEBHOOKS/scalekit',
      '/webhooks/%73calekit',
      '/webhooks/scalekit%00',
      '/webhooks/scalekit;x',
      '/webhooks/nobody/../scalekit',
      '/webhooks/..%2fwebhooks%2fscalekit',
      '/webhooks/scalekit%2f',
    ].map(pathRow),
    ['A22', 'another method', 405, () => ({ ...scalekit(), method: 'PUT' })],
    ['A26', 'headers of thirty kilobytes', 431, () => changed(scalekit(), { 'x-much': 'a'.repeat(30_000) })],
    ['A26', 'a byte more than a megabyte', 413, () => ({ ...scalekit(), body: Buffer.alloc(1024 * 1024 + 1) })],
    [
      'A29',
      'the admin API from a page whose name was rebound',
      403,
      () => ({ path: '/admin/events', method: 'GET', headers: { host: 'evil.example' } }),
    ],
    [
      'A30',
      'the admin API from a page of another site',
      403,
      () => ({
        path: '/admin/routes/inkress/payment-success/pause',
        headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
        body: '{}',
      }),
    ],
    [
      'A30',
      'the admin API from an address that is not on its list',
      403,
      () => ({ path: '/admin/events', method: 'GET', from: '127.0.0.2' }),
    ],
    [
      'A30',
      'a replay of an event that is none',
      404,
      () => ({ path: '/admin/events/inkress/none/replay', body: '{}' }),
    ],
  ];

  return { scalekit, inkress, skribby, hex, base64, forged, other };
}

/** Names that every object has from its prototype. */
export const INHERITED = ['constructor', '__proto__', 'toString', 'hasOwnProperty'] as const;

/** With a header and a query parameter of a name. */
export function inherited(signed: ReturnType<typeof changed>, name: string): Attempt {
  // A computed name is a property also when it is `__proto__`.
  return { ...signed, headers: { ...signed.headers, [name]: ['1', '2'] }, path: `${signed.path}?${name}=1&${name}=2` };
}

const deep = (levels: number) => `{"id":"evt_1","event_type":"x","data":${'['.repeat(levels)}${']'.repeat(levels)}}`;

/** The same bytes to a lenient decoder: 32 bytes leave two bits of the last letter over. */
function lastBitsSet(text: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const last = letters.indexOf(text.slice(-2, -1));
  return `${text.slice(0, -2)}${letters[last + 1] ?? ''}=`;
}
