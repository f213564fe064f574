import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { errorCode } from './error-code.ts';

/** Replaces a file so that a reader, and a process killed in the middle, sees the old content or the new, never half. */
export function writeAtomically(path: string, content: string, mode = 0o600): void {
  const next = `${path}.next`;
  const file = openSync(next, 'w', mode);
  try {
    writeSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(next, path);
}

/** The file's content, or undefined when there is none. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
