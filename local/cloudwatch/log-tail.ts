import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';

const CHUNK_BYTES = 256 * 1024;

/** Where reading of each file has got to, in bytes. */
export type Positions = Readonly<Record<string, number>>;

/** Reads what functions append to their log files, a line at a time, each line once. */
export class LogTail {
  readonly #positions: Map<string, number>;

  constructor(positions: Positions = {}) {
    this.#positions = new Map(Object.entries(positions));
  }

  get positions(): Positions {
    return Object.fromEntries(this.#positions);
  }

  /** Hands over the complete lines that are new. A file that has become shorter was emptied: it is read from the start. */
  read(path: string, take: (line: string) => void): void {
    if (!existsSync(path)) return;
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      let position = this.#positions.get(path) ?? 0;
      if (position > size) position = 0;
      const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, Math.max(1, size - position)));
      let rest = Buffer.alloc(0);
      while (position + rest.length < size) {
        const bytes = readSync(file, buffer, 0, buffer.length, position + rest.length);
        if (bytes === 0) break;
        const whole = Buffer.concat([rest, buffer.subarray(0, bytes)]);
        const end = whole.lastIndexOf(0x0a) + 1;
        if (end > 0) for (const line of whole.toString('utf8', 0, end - 1).split('\n')) take(line);
        position += end;
        rest = whole.subarray(end);
      }
      this.#positions.set(path, position);
    } finally {
      closeSync(file);
    }
  }
}
