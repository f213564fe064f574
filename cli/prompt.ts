import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { causeOf, Failure } from './failure.ts';

/** More than Secrets Manager holds (64 KiB). */
const MOST_BYTES = 128 * 1024;

/**
 * A secret from a file, or from standard input: typed without an echo, or piped. Never an argument, which others on the
 * machine see.
 */
export async function readSecret(question: string, file?: string): Promise<string> {
  const text = file === undefined ? await fromInput(question) : readFile(file);
  // What `echo` and a copied line end in is not part of it.
  const secret = text.trim();
  if (secret === '') throw new Failure(`No value came from ${file ?? 'standard input'}.`, 2);
  return secret;
}

function fromInput(question: string): Promise<string> {
  return process.stdin.isTTY ? typed(question) : piped();
}

function readFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Failure(`${file} can't be read (${causeOf(error)}).`, 2);
  }
}

function typed(question: string): Promise<string> {
  process.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true });
  return new Promise((resolve, reject) => {
    lines.once('SIGINT', () => {
      lines.close();
      process.stderr.write('\n');
      reject(new Failure('Nothing was changed.'));
    });
    lines.once('line', (line) => {
      resolve(line);
      lines.close();
      process.stderr.write('\n');
    });
    lines.once('close', () => resolve(''));
  });
}

async function piped(): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MOST_BYTES) throw new Failure('What came from standard input is too long for a secret.', 2);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
