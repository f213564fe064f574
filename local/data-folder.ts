import {
  accessSync,
  closeSync,
  constants,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { errorCode } from './error-code.ts';
import { readIfThere, writeAtomically } from './atomic-file.ts';
import { Refusal } from './refusal.ts';
import type { Endpoints } from './services.ts';

/** What a running host tells other programs of this machine, in `host.json`. */
export interface HostFile {
  readonly url: string;
  readonly endpoints: Endpoints & { readonly cloudwatch: string; readonly lambda: string };
  readonly stage: string;
  readonly region: string;
  readonly pid: number;
}

/** The functions' code is in the folder. Without it Node would take them for ES modules, as the project around them is. */
const PACKAGE = '{}\n';

/** The folder that holds everything of the local host that must survive it. */
export class DataFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes the folder when it is missing and checks that it can be written to and that no other host uses it. */
  static prepare(path: string): DataFolder {
    const folder = new DataFolder(resolve(path));
    try {
      folder.#refuseForeign();
      mkdirSync(folder.logs, { recursive: true });
      mkdirSync(folder.services, { recursive: true });
      accessSync(folder.path, constants.W_OK);
      writeAtomically(folder.#package, PACKAGE);
      folder.#checkLogs();
      folder.#take();
    } catch (error) {
      if (error instanceof Refusal) throw error;
      const reason = errorCode(error) ?? String(error);
      throw new Refusal(
        `The data folder ${folder.path} can't be written to (${reason}). Set HOOKGATE_DATA to a folder that can.`,
      );
    }
    return folder;
  }

  /** Nothing is written into a folder that is something else's, a project's perhaps. */
  #refuseForeign(): void {
    const found = readIfThere(this.#package);
    if (found === undefined || found === PACKAGE) return;
    throw new Refusal(
      `The folder ${this.path} holds a package.json of something else. Set HOOKGATE_DATA to a folder that holds nothing else.`,
    );
  }

  /** Logs of earlier runs are written on. */
  #checkLogs(): void {
    for (const name of readdirSync(this.logs)) {
      if (!/\.(log|jsonl)$/.test(name)) continue;
      const path = join(this.logs, name);
      try {
        closeSync(openSync(path, 'r+'));
      } catch (error) {
        throw new Refusal(`The log ${path} can't be written to (${errorCode(error) ?? String(error)}). Move it away.`);
      }
    }
  }

  /** Claims the folder for this process. A claim whose process is gone, killed perhaps, is void. */
  #take(): void {
    // Linked when it is written: a claim that reads empty would be taken for a void one.
    const written = `${this.#claim}.${process.pid}`;
    writeFileSync(written, String(process.pid));
    try {
      this.#link(written);
    } finally {
      rmSync(written, { force: true });
    }
  }

  #link(written: string): void {
    for (;;) {
      try {
        linkSync(written, this.#claim);
        return;
      } catch (error) {
        if (errorCode(error) !== 'EEXIST') throw error;
      }
      const pid = Number(readIfThere(this.#claim));
      if (isRunning(pid)) {
        throw new Refusal(
          `Another Hookgate (process ${pid}) uses the data folder ${this.path}. ` +
            'Stop it, or set HOOKGATE_DATA to another folder.',
        );
      }
      rmSync(this.#claim, { force: true });
    }
  }

  /** Lets another host have the folder. */
  release(): void {
    rmSync(this.#claim, { force: true });
  }

  /** What was measured, so that alarms and statistics survive a restart. */
  get metrics(): string {
    return join(this.path, 'metrics.json');
  }

  get logs(): string {
    return join(this.path, 'logs');
  }

  /** What each function was allowed and refused, a line of JSON for each permission when it is first used. */
  get permissions(): string {
    return join(this.logs, 'permissions.jsonl');
  }

  /** Sets of addresses as functions have replaced them. */
  get ipSets(): string {
    return join(this.path, 'ip-sets.json');
  }

  get services(): string {
    return join(this.path, 'services');
  }

  /** For bundles of changed functions. */
  get reload(): string {
    return join(this.path, 'reload');
  }

  get assembly(): string {
    return join(this.path, 'cdk.out');
  }

  get #package(): string {
    return join(this.path, 'package.json');
  }

  get #claim(): string {
    return join(this.path, 'host.pid');
  }

  get #hostFile(): string {
    return join(this.path, 'host.json');
  }

  writeHostFile(host: HostFile): void {
    writeAtomically(this.#hostFile, `${JSON.stringify(host, undefined, 2)}\n`);
  }

  removeHostFile(): void {
    rmSync(this.#hostFile, { force: true });
  }
}

/** Whether a process with this id lives and is not this one. A number that was given to another program is told apart. */
function isRunning(pid: number): boolean {
  if (!(pid > 0) || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (errorCode(error) !== 'EPERM') return false;
  }
  const command = readCommand(pid);
  return command === undefined || command.includes('local.ts');
}

/** The command line of a process where the system shows it (Linux). */
function readCommand(pid: number): string | undefined {
  try {
    return statSync('/proc/self').isDirectory() ? readIfThere(`/proc/${pid}/cmdline`) : undefined;
  } catch {
    return undefined;
  }
}
