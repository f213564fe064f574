import type { CapturedRequest } from './captured-request.ts';
import { inert } from './inert.ts';

type Read = CapturedRequest | { readonly problem: string };

/** Options of curl that take a value and say nothing of the request. */
const OTHER_VALUES = new Set(
  '-o --output -w --write-out -m --max-time --connect-timeout --retry -x --proxy --cacert --cert --key --resolve -c --cookie-jar -K --config --max-redirs -T --upload-file -F --form'.split(
    ' ',
  ),
);

/** Reads a curl command, as browsers and tunnels copy it; the text is latin1, one character a byte. */
export function readCurl(text: string, readFile: (name: string) => Buffer | undefined): Read {
  const words = shellWords(text.trimStart().replace(/^\$ /, ''));
  if (typeof words === 'object' && 'problem' in words) return words;
  const headers: (readonly [string, string])[] = [];
  const data: string[] = [];
  let method: string | undefined;
  let url: string | undefined;
  const rest = words.slice(1).flatMap(splitOption);
  for (let at = 0; at < rest.length; at++) {
    const word = rest[at] ?? '';
    const value = (): string => rest[++at] ?? '';
    switch (word) {
      case '-X':
      case '--request':
        method = value().toUpperCase();
        break;
      case '-H':
      case '--header': {
        const [name = '', ...parts] = value().split(':');
        headers.push([name.trim(), parts.join(':').trim()]);
        break;
      }
      case '-d':
      case '--data':
      case '--data-ascii':
      case '--data-raw':
      case '--data-binary':
      case '--json': {
        const given = value();
        if (word === '--json') headers.push(['Content-Type', 'application/json']);
        if (!given.startsWith('@') || word === '--data-raw') {
          data.push(given);
          break;
        }
        const file = readFile(given.slice(1));
        if (!file)
          return { problem: `takes its body from ${inert(given.slice(1), 60)}, which is not a file beside it` };
        const content = file.toString('latin1');
        // As curl does: only --data-binary and --json keep line breaks.
        data.push(word === '--data-binary' || word === '--json' ? content : content.replace(/[\r\n\0]/g, ''));
        break;
      }
      case '-u':
      case '--user':
        headers.push(['Authorization', `Basic ${Buffer.from(value(), 'latin1').toString('base64')}`]);
        break;
      case '-A':
      case '--user-agent':
        headers.push(['User-Agent', value()]);
        break;
      case '-b':
      case '--cookie':
        headers.push(['Cookie', value()]);
        break;
      case '-I':
      case '--head':
        method ??= 'HEAD';
        break;
      case '--url':
        url = value();
        break;
      default:
        if (OTHER_VALUES.has(word)) at++;
        else if (!word.startsWith('-')) url ??= word;
    }
  }
  if (url === undefined) return { problem: 'is a curl command without a URL' };
  const target = /^[a-z]+:\/\//i.test(url) ? url : `http://${url}`;
  if (!URL.canParse(target)) return { problem: `is a curl command to ${inert(url, 60)}, which is no URL` };
  if (data.length > 0 && !headers.some(([name]) => name.toLowerCase() === 'content-type')) {
    headers.push(['Content-Type', 'application/x-www-form-urlencoded']);
  }
  method ??= data.length > 0 ? 'POST' : 'GET';
  return { method, url: target, headers, body: Buffer.from(data.join('&'), 'latin1'), notes: [] };
}

/** `-XPOST` and `--data=x` as two words. */
function splitOption(word: string): readonly string[] {
  if (/^-[XHduAb]./.test(word)) return [word.slice(0, 2), word.slice(2)];
  const long = /^(--[a-z-]+)=(.*)$/s.exec(word);
  return long ? [long[1] ?? '', long[2] ?? ''] : [word];
}

/** A command line as a POSIX shell splits it, with the `$'…'` of bash and zsh; nothing is expanded or run. */
function shellWords(text: string): readonly string[] | { readonly problem: string } {
  const words: string[] = [];
  let word: string | undefined;
  let at = 0;
  while (at < text.length) {
    const character = text.charAt(at);
    const two = text.slice(at, at + 2);
    if (two === '\\\n' || text.startsWith('\\\r\n', at)) {
      at += two === '\\\n' ? 2 : 3;
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      at++;
    } else if (character === "'" || two === "$'" || character === '"') {
      const quoted =
        two === "$'"
          ? ansiQuoted(text, at + 2)
          : character === '"'
            ? doubleQuoted(text, at + 1)
            : singleQuoted(text, at + 1);
      if (!quoted) return { problem: 'is a curl command with a quote that never ends' };
      word = (word ?? '') + quoted.text;
      at = quoted.end;
    } else {
      const escaped = character === '\\';
      word = (word ?? '') + (escaped ? text.charAt(at + 1) : character);
      at += escaped ? 2 : 1;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

interface Quoted {
  readonly text: string;
  /** Just behind the closing quote. */
  readonly end: number;
}

function singleQuoted(text: string, from: number): Quoted | undefined {
  const end = text.indexOf("'", from);
  return end < 0 ? undefined : { text: text.slice(from, end), end: end + 1 };
}

function doubleQuoted(text: string, from: number): Quoted | undefined {
  let inner = '';
  for (let at = from; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '"') return { text: inner, end: at + 1 };
    const next = text.charAt(at + 1);
    if (character === '\\' && next !== '' && '$`"\\\n'.includes(next)) {
      if (next !== '\n') inner += next;
      at++;
    } else {
      inner += character;
    }
  }
  return undefined;
}

const ANSI: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '0': '\0',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  e: '\x1b',
};

function ansiQuoted(text: string, from: number): Quoted | undefined {
  let inner = '';
  for (let at = from; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === "'") return { text: inner, end: at + 1 };
    if (character !== '\\') {
      inner += character;
      continue;
    }
    const code = /^(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(text.slice(at + 1, at + 10));
    if (code) {
      const point = Number.parseInt(code[1] ?? code[2] ?? code[3] ?? '', 16);
      inner += code[1] === undefined ? utf8(point) : String.fromCharCode(point);
      at += code[0].length;
    } else {
      const next = text.charAt(++at);
      inner += ANSI[next] ?? next;
    }
  }
  return undefined;
}

/** The bytes of a character, as latin1 text. */
function utf8(point: number): string {
  return Buffer.from(String.fromCodePoint(Math.min(point, 0x10ffff)), 'utf8').toString('latin1');
}
