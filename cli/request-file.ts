import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { CapturedRequest } from './captured-request.ts';
import { readCurl } from './curl.ts';
import { causeOf, usage } from './failure.ts';
import { inert } from './inert.ts';

/** Reads a request that was saved as `.http` text (RFC 9112, or as editors' HTTP clients write it) or as a curl command. */
export function readRequestFile(path: string): CapturedRequest {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path === '-' ? 0 : path);
  } catch (error) {
    throw usage(`${inert(path)} can't be read (${causeOf(error)}).`);
  }
  const folder = path === '-' ? '.' : dirname(path);
  const request = parseRequest(bytes, (name) => readBeside(folder, name));
  if ('problem' in request) throw usage(`${inert(path)} ${request.problem}.`);
  return request;
}

/** A captured text may come from anybody, so it can name files of its own folder only. */
function readBeside(folder: string, name: string): Buffer | undefined {
  if (basename(name) !== name) return undefined;
  try {
    return readFileSync(join(folder, name));
  } catch {
    return undefined;
  }
}

/** @param readFile what `@file` of a curl command stands for */
export function parseRequest(
  bytes: Buffer,
  readFile: (name: string) => Buffer | undefined,
): CapturedRequest | { readonly problem: string } {
  // Each character is one byte: a body may be anything.
  const text = bytes.toString('latin1').replace(/^\xef\xbb\xbf/, '');
  return /^\s*(\$ )?curl\s/.test(text) ? readCurl(text, readFile) : readHttp(text);
}

const REQUEST_LINE = /^([A-Z]{3,10})[ \t]+(\S+)(?:[ \t]+HTTP\/[0-9.]+)?[ \t]*$/;
const HEADER_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/;

function readHttp(text: string): CapturedRequest | { readonly problem: string } {
  let at = 0;
  const nextLine = (): string | undefined => {
    if (at >= text.length) return undefined;
    const end = text.indexOf('\n', at);
    const line = text.slice(at, end < 0 ? text.length : end).replace(/\r$/, '');
    at = end < 0 ? text.length : end + 1;
    return line;
  };
  let line = nextLine();
  while (line !== undefined && /^\s*$|^(#|\/\/)/.test(line)) line = nextLine();
  const [, method, target] = REQUEST_LINE.exec(line ?? '') ?? [];
  if (method === undefined || target === undefined) {
    return {
      problem: 'is neither HTTP text, with a first line like `POST https://example.com/path`, nor a curl command',
    };
  }
  const headers: (readonly [string, string])[] = [];
  for (line = nextLine(); line !== undefined && line !== ''; line = nextLine()) {
    const [, name, value] = HEADER_LINE.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      return { problem: `has a line among its headers that is none: ${inert(line, 60)}` };
    }
    headers.push([name, value]);
  }
  const url = URL.canParse(target) ? target : `https://${headerOf(headers, 'host') ?? 'example.com'}${target}`;
  return { method, url, headers, ...readBody(text.slice(at), headerOf(headers, 'content-length')) };
}

function headerOf(headers: readonly (readonly [string, string])[], name: string): string | undefined {
  return headers.find(([header]) => header.toLowerCase() === name)?.[1];
}

/** The body to its last byte: as long as Content-Length says, else without the line break that an editor adds. */
function readBody(rest: string, contentLength: string | undefined): { body: Buffer; notes: readonly string[] } {
  const nextRequest = /^###/m.exec(rest);
  const text = nextRequest ? rest.slice(0, nextRequest.index) : rest;
  const whole = Buffer.from(text, 'latin1');
  if (contentLength !== undefined && /^[0-9]{1,10}$/.test(contentLength)) {
    const length = Number(contentLength);
    if (length <= whole.length) return { body: whole.subarray(0, length), notes: [] };
    const note = `Content-Length says ${length} bytes, but there are ${whole.length}: what was captured is not what was sent.`;
    return { body: whole, notes: [note] };
  }
  const lineBreak = /\r?\n$/.exec(text)?.[0] ?? '';
  if (lineBreak === '') return { body: whole, notes: [] };
  const note = 'The line break at the end of the file is taken for the editor’s and left out of the body.';
  return { body: whole.subarray(0, whole.length - lineBreak.length), notes: [note] };
}
