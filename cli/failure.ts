/**
 * What a command could not do, as sentences for the person at the keyboard: printed without a stack.
 * Exit code 1: tried and failed, or refused. 2: the command line itself makes no sense.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly exitCode: 1 | 2;

  constructor(sentences: string, exitCode: 1 | 2 = 1) {
    super(sentences);
    this.exitCode = exitCode;
  }
}

export function usage(sentences: string): Failure {
  return new Failure(sentences, 2);
}

/** What an error says, without its class. */
export function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
}

/** The word of a system error, `ECONNREFUSED`; else its message. */
export function causeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return messageOf(error);
  if ('code' in error && typeof error.code === 'string') return error.code;
  if ('cause' in error && error.cause !== undefined) return causeOf(error.cause);
  return messageOf(error);
}
