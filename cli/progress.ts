const WIDTH = 30;

/** A line that grows on a terminal; nothing where nobody watches. */
export class Progress {
  readonly #what: string;
  readonly #stream: NodeJS.WriteStream;
  #shown = false;

  constructor(what: string, stream: NodeJS.WriteStream = process.stderr) {
    this.#what = what;
    this.#stream = stream;
  }

  /** @param total undefined while nobody knows */
  show(done: number, total: number | undefined): void {
    if (!this.#stream.isTTY) return;
    this.#shown = true;
    this.#stream.write(`\r\x1b[K${progressLine(this.#what, done, total)}`);
  }

  end(): void {
    if (this.#shown) this.#stream.write('\n');
    this.#shown = false;
  }
}

/** `replayed  [######------------------------]  20 of 100` */
export function progressLine(what: string, done: number, total: number | undefined): string {
  if (total === undefined) return `${what}  ${done}`;
  const part = total === 0 ? 1 : Math.min(1, done / total);
  const full = Math.floor(part * WIDTH);
  return `${what}  [${'#'.repeat(full)}${'-'.repeat(WIDTH - full)}]  ${done} of ${total}`;
}
