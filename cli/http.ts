import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { causeOf, Failure, messageOf } from './failure.ts';

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  /** A list sends the header once per entry. Host and content-length are added. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer;
}

export interface HttpAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** From the first byte sent to the last received. */
  readonly ms: number;
}

/** Longer than API Gateway's own limit of 29 s, so that its answer is seen. */
const TIMEOUT_MS = 31_000;
/** Whoever answers more than this is no gateway. */
const MOST_BYTES = 8 * 1024 * 1024;

/**
 * One request with exactly these bytes and headers: `fetch` would add and fold some.
 *
 * @param refused what to say when nobody listens there
 */
export function call(request: HttpRequest, refused?: string): Promise<HttpAnswer> {
  const url = targetOf(request.url);
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      const cause = causeOf(error);
      const gone = cause === 'ECONNREFUSED' && refused !== undefined;
      reject(new Failure(gone ? refused : `No answer from ${url.origin} (${cause}).`));
    };
    const headers: Record<string, string | string[]> = { 'content-length': String(request.body.length) };
    for (const [name, value] of Object.entries(request.headers)) {
      headers[name] = typeof value === 'string' ? value : [...value];
    }
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    let outgoing: ReturnType<typeof httpRequest>;
    try {
      // No agent: a connection that is kept would keep the process.
      outgoing = send(url, { method: request.method, headers, agent: false, timeout: TIMEOUT_MS });
    } catch (error) {
      // A control character of an id or type that goes into a header.
      reject(new Failure(`HTTP can't carry this request: ${messageOf(error)}.`));
      return;
    }
    outgoing.on('timeout', () => outgoing.destroy(new Error(`nothing for ${TIMEOUT_MS / 1000} s`)));
    // A gateway may answer before it has read all and hang up; then the answer counts and not the broken pipe.
    outgoing.on('error', fail);
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > MOST_BYTES) response.destroy(new Error('the answer has no end'));
        else chunks.push(chunk);
      });
      response.on('error', fail);
      response.on('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          statusText: response.statusMessage ?? '',
          headers: flat(response.headers),
          body: Buffer.concat(chunks),
          ms: Math.round(performance.now() - started),
        });
      });
    });
    outgoing.end(request.body);
  });
}

function targetOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new Failure(`${text} is no URL of HTTP: write it as https://example.com/…`, 2);
}

function flat(headers: NodeJS.Dict<string | string[]>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, [value].flat().join(', ')]],
    ),
  );
}
