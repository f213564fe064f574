import { readFileSync } from 'node:fs';
import { causeOf, usage } from './failure.ts';
import { inert } from './inert.ts';
import { readSecret } from './prompt.ts';

/** A secret given as an option; `-` or none: from standard input, where no shell keeps it. */
export function readSecretOption(given: string | undefined): Promise<string> {
  return given === undefined || given === '-' ? readSecret('Secret: ') : Promise.resolve(given);
}

/** The text of a private key's file. */
export function readKey(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw usage(`${inert(path)} can't be read (${causeOf(error)}).`);
  }
}
