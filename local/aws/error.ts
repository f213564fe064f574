/** A refusal in the words of the service: what the SDK turns into an exception with the same name. */
export class AwsError extends Error {
  /** The service's name of the error, as its API reference spells it. */
  readonly code: string;
  readonly status: number;
  /** Further members of the answer, such as `CancellationReasons`. */
  readonly detail: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, options: { status?: number; detail?: Record<string, unknown> } = {}) {
    super(message);
    this.name = code;
    this.code = code;
    this.status = options.status ?? 400;
    this.detail = options.detail ?? {};
  }
}
