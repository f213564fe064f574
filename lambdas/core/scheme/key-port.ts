/**
 * Keys that the provider publishes. The adapter behind it speaks https only, follows no redirect, waits 2 s and caches;
 * a caller passes only addresses that it has held against the provider's own pin.
 */
export interface KeyPort {
  /**
   * The text at an address, or nothing when there is none.
   * Rejects when the provider can't be reached: that is nobody's forgery, and the delivery is to come again.
   */
  fetch(address: string, question?: KeyQuestion): Promise<string | undefined>;
}

/** How a key is asked for where a plain GET does not do. With `json` or `form` it is a POST. */
export interface KeyQuestion {
  readonly json?: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>>;
  readonly authorization?: string;
  /** How long the answer holds. @default a day */
  readonly holdsSeconds?: number;
}
