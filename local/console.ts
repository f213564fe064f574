import type { Answered } from './gateway/access-log.ts';

/** More lines in a second than a person reads are counted instead. */
const LINES_PER_SECOND = 20;

/** What the person at the terminal sees. */
export class Console {
  readonly #write: (text: string) => void;
  #printed = 0;
  #withheld = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(write: (text: string) => void = (text) => void process.stdout.write(text)) {
    this.#write = write;
  }

  say(text: string): void {
    this.#write(`${text}\n`);
  }

  /** One line per answered request. */
  access({ method, path, status, ms, sourceIp }: Answered): void {
    this.#timer ??= setTimeout(() => this.#nextSecond(), 1000).unref();
    if (this.#printed >= LINES_PER_SECOND) {
      this.#withheld += 1;
      return;
    }
    this.#printed += 1;
    // A path is what a stranger sent: control characters would reach the terminal.
    const shown = path.replaceAll(/[^\x21-\x7e]/g, '?').slice(0, 200);
    this.say(
      `${time()}  ${status}  ${method} ${shown}  ${ms.toFixed(0)} ms${sourceIp === '127.0.0.1' ? '' : `  from ${sourceIp}`}`,
    );
  }

  #nextSecond(): void {
    this.#timer = undefined;
    if (this.#withheld > 0) this.say(`${time()}  and ${this.#withheld} more in this second`);
    this.#printed = 0;
    this.#withheld = 0;
  }
}

export function time(): string {
  return new Date().toTimeString().slice(0, 8);
}
