/**
 * One HTTP attempt of a provider, exactly as it arrived: nothing is decoded, parsed or trimmed.
 * Hosts (API Gateway, the command line, the tests) build it; everything else only reads it.
 */
export interface Delivery {
  /** Name of the source the request was addressed to: `POST /webhooks/{source}`. */
  readonly source: string;
  readonly method: string;
  /**
   * The URL as the provider called it, scheme and query included.
   * Providers that sign the URL sign the one configured at their side, so a source may override it.
   */
  readonly url: string;
  /** Header values by lower-case name, each value as one entry: a header that was sent twice has two. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** The bytes of the body. Signatures are computed over these, never over a decoded string. */
  readonly body: Buffer;
  /** The peer's address from the connection, never from `X-Forwarded-For`. */
  readonly sourceIp: string;
  /** When it arrived, in milliseconds since the epoch. */
  readonly receivedAt: number;
}
