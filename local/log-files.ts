import { ftruncateSync, fstatSync, openSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

const MOST_BYTES = 20 * 1024 * 1024;

/**
 * One file per function, which its sandboxes write to themselves: the host spends nothing on logs. A file that has grown
 * too large is put aside at the start, and emptied while running.
 */
export class LogFiles {
  readonly #folder: string;
  readonly #files = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  constructor(folder: string) {
    this.#folder = folder;
    this.#timer = setInterval(() => this.#emptyLarge(), 10_000);
  }

  pathOf(label: string): string {
    return join(this.#folder, `${label}.log`);
  }

  /** File descriptor to append to. */
  open(label: string): number {
    const known = this.#files.get(label);
    if (known !== undefined) return known;
    const path = this.pathOf(label);
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > MOST_BYTES / 4) renameSync(path, `${path}.1`);
    const file = openSync(path, 'a');
    this.#files.set(label, file);
    return file;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #emptyLarge(): void {
    for (const file of this.#files.values()) if (fstatSync(file).size > MOST_BYTES) ftruncateSync(file);
  }
}
