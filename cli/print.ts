import { inertJson } from './inert.ts';

/** How a command line begins: there is no installed program. */
export const INVOCATION = 'npm run -s hookgate --';

/** What a command answers, on standard output; pipes may take it. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  print(inertJson(value));
}

/** What is only for the person: standard error, so that a pipe never gets it. */
export function remark(text: string): void {
  process.stderr.write(`${text}\n`);
}
