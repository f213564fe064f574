import type { Delivery } from '../delivery.ts';
import { Attempt, readText } from './attempt.ts';
import { parseJson } from './json.ts';
import { type Part, type Slot, slotsOf } from './part.ts';
import type { Provider } from './provider.ts';
import type { TimestampRule } from './timestamp.ts';
import type { Sample, SignedRequest } from './sign.ts';

/** A request while it is put together: places are written here that verification reads. */
export class Draft {
  readonly method = 'POST';
  readonly headers: Record<string, string> = {};
  readonly params = new Map<string, string>();
  url: string;
  body: Buffer;
  readonly #sample: Sample;
  readonly #settings: ReadonlyMap<string, readonly string[]>;
  #timestamp: string | undefined;

  readonly #provider: Provider;

  constructor(provider: Provider, sample: Sample) {
    this.#provider = provider;
    this.#sample = sample;
    this.url = sample.url ?? 'https://example.com/webhooks/sample';
    this.body = sample.body;
    this.#settings = new Map(Object.entries(sample.settings ?? {}).map(([name, value]) => [name, [value]]));
    this.headers['content-type'] = looksLikeForm(sample.body)
      ? 'application/x-www-form-urlencoded'
      : 'application/json';
    this.#setField(provider.id, sample.id);
    this.#setField(provider.type, sample.type);
  }

  /** Headers carry what the caller says; what stands in the body is the body's own. */
  #setField(parts: readonly Part[], value: string | undefined): void {
    if (value === undefined) return;
    for (const slot of parts.flatMap(slotsOf)) if (slot.slot === 'header') this.headers[slot.name] = value;
  }

  setTime(rule: TimestampRule): void {
    const { timestamp } = this.#sample;
    if (rule.unit === 'iso8601') this.#timestamp = new Date(timestamp).toISOString();
    else this.#timestamp = String(rule.unit === 's' ? Math.floor(timestamp / 1000) : timestamp);
    this.set(rule.in, this.#timestamp, rule.number === true);
  }

  /** Writes a place; `numeric` says how JSON writes it. */
  set(at: Slot, text: string, numeric = false): void {
    switch (at.slot) {
      case 'header':
        this.headers[at.name] = text;
        break;
      case 'sigParam':
        this.params.set(at.key, text);
        break;
      case 'query': {
        const mark = this.url.includes('?') ? '&' : '?';
        this.url += `${mark}${at.name}=${encodeURIComponent(text)}`;
        break;
      }
      case 'form': {
        const fields = new URLSearchParams(this.body.toString('utf8'));
        fields.set(at.name, text);
        this.body = Buffer.from(fields.toString());
        break;
      }
      case 'json':
        this.#setJson(at.pointer, numeric ? Number(text) : text);
        break;
      case 'jsonIn': {
        const inner = new Draft(this.#provider, { ...this.#sample, body: Buffer.from(this.#text(at.of) ?? '{}') });
        inner.set({ slot: 'json', pointer: at.pointer }, text);
        this.set(at.of, inner.body.toString('utf8'));
        break;
      }
      default:
        throw new Error(`No request can be written at ${at.slot}`);
    }
  }

  #text(at: Slot): string | undefined {
    return readText(at, this.attempt());
  }

  setEach(array: readonly string[], member: string, text: string): void {
    const parsed = parseJson(this.body);
    const root = 'value' in parsed && isObject(parsed.value) ? parsed.value : {};
    const found = array.reduce<unknown>((at, step) => (isObject(at) ? at[step] : undefined), root);
    const elements = Array.isArray(found) && found.length > 0 ? (found as unknown[]) : [{}];
    const filled = elements.map((element) => ({ ...(isObject(element) ? element : {}), [member]: text }));
    this.body = Buffer.from(JSON.stringify(array.length === 0 ? filled : { ...root, [array[0] ?? '']: filled }));
  }

  #setJson(pointer: readonly string[], value: string | number): void {
    const parsed = parseJson(this.body);
    const root = 'value' in parsed && isObject(parsed.value) ? parsed.value : emptyFor(pointer[0]);
    let at = root;
    for (const [depth, step] of pointer.slice(0, -1).entries()) {
      const next = at[step];
      const inner = isObject(next) ? next : emptyFor(pointer[depth + 1]);
      at[step] = inner;
      at = inner;
    }
    at[pointer.at(-1) ?? ''] = value;
    this.body = Buffer.from(JSON.stringify(root));
  }

  /** The request so far, as verification would see it. */
  attempt(): Attempt {
    const delivery: Delivery = {
      source: 'sample',
      method: this.method,
      url: this.url,
      headers: new Map(Object.entries(this.headers).map(([name, value]) => [name, [value]])),
      body: this.body,
      sourceIp: '127.0.0.1',
      receivedAt: this.#sample.timestamp,
    };
    const attempt = new Attempt(delivery, undefined, this.#settings);
    attempt.timestamp = this.#timestamp;
    attempt.params = this.params;
    return attempt;
  }

  request(): SignedRequest {
    return { method: this.method, url: this.url, headers: this.headers, body: this.body };
  }
}

/** A list where the next step is a number. */
function emptyFor(step: string | undefined): Record<string, unknown> {
  return step !== undefined && /^\d+$/.test(step) ? ([] as unknown as Record<string, unknown>) : {};
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function looksLikeForm(body: Buffer): boolean {
  return /^[A-Za-z0-9_.%[\]-]{1,64}=/.test(body.subarray(0, 80).toString('latin1'));
}
