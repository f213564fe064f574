/** A request as somebody captured it. */
export interface CapturedRequest {
  readonly method: string;
  readonly url: string;
  /** In the order of the file, as written. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  /** What was assumed where the text leaves it open, for the person. */
  readonly notes: readonly string[];
}
