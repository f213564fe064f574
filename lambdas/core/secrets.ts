import type { Clock, SecretStore, SecretVersion } from './ports.ts';

/** Served without asking again for this long; older ones are refreshed in the background. */
const FRESH_MS = 5 * 60_000;
/** While the secret store is down, what was fetched last is served for this long. */
const STALE_MS = 24 * 60 * 60_000;
/** A signature that matches no secret may be a new secret: worth one look a minute, so that forgers can't run up calls. */
const MISMATCH_REFRESH_MS = 60_000;
/** After a failed refresh, the store is left alone for this long. */
const FAILED_REFRESH_MS = 10_000;

/** What the cache hands out: the values that are valid now, newest first, prepared once for many verifications. */
export interface Held<Prepared> {
  readonly prepared: Prepared;
  readonly stages: readonly SecretVersion['stage'][];
}

export interface SecretCacheOptions<Prepared> {
  readonly store: SecretStore;
  readonly clock: Clock;
  readonly overlapSeconds: (source: string) => number;
  /** Turns values into keys, once per change: decoding a key costs more than a signature. */
  readonly prepare: (source: string, values: readonly string[]) => Prepared;
}

interface Entry<Prepared> {
  readonly fetchedAt: number;
  readonly versions: readonly SecretVersion[];
  readonly both: Held<Prepared>;
  readonly currentOnly: Held<Prepared>;
}

/** The secret store could not be asked and nothing usable is held: our fault, a 503. */
export class SecretsUnavailable extends Error {
  override readonly name = 'SecretsUnavailable';
}

/**
 * Secrets of one container: the current one always, the previous one until the current is `overlapSeconds` old,
 * because AWSPREVIOUS never expires by itself.
 */
export class SecretCache<Prepared> {
  readonly #options: SecretCacheOptions<Prepared>;
  readonly #entries = new Map<string, Entry<Prepared>>();
  readonly #inFlight = new Map<string, Promise<Entry<Prepared>>>();
  readonly #notBefore = new Map<string, number>();
  readonly #lastMismatch = new Map<string, number>();

  constructor(options: SecretCacheOptions<Prepared>) {
    this.#options = options;
  }

  /** @throws SecretsUnavailable when nothing is held (or only what is too old) and the store does not answer */
  async get(source: string): Promise<Held<Prepared>> {
    const now = this.#options.clock.now();
    const entry = this.#entries.get(source);
    if (!entry || now - entry.fetchedAt > STALE_MS) return this.#valid(source, await this.#fetch(source));
    if (now - entry.fetchedAt > FRESH_MS && now >= (this.#notBefore.get(source) ?? 0)) {
      // In the background: a delivery never waits for a refresh, and a failed one leaves what is held.
      this.#fetch(source).catch(() => undefined);
    }
    return this.#valid(source, entry);
  }

  /** After a mismatch: fetches at most once a minute. True when the values changed, so a second look is worth it. */
  async refreshAfterMismatch(source: string): Promise<boolean> {
    const now = this.#options.clock.now();
    const before = this.#entries.get(source);
    if (!before || now - (this.#lastMismatch.get(source) ?? -Infinity) < MISMATCH_REFRESH_MS) return false;
    this.#lastMismatch.set(source, now);
    try {
      const after = await this.#fetch(source);
      return valuesOf(after) !== valuesOf(before);
    } catch {
      return false;
    }
  }

  /** Keeps what a provider offered in band, if the source has no secret yet. */
  async keepFirst(source: string, value: string): Promise<boolean> {
    const kept = await this.#options.store.keepFirst(source, value);
    this.#entries.delete(source);
    return kept;
  }

  #valid(source: string, entry: Entry<Prepared>): Held<Prepared> {
    const current = entry.versions[0];
    if (!current) return entry.currentOnly;
    const overlapEnds = current.createdAt + this.#options.overlapSeconds(source) * 1000;
    return this.#options.clock.now() < overlapEnds ? entry.both : entry.currentOnly;
  }

  #fetch(source: string): Promise<Entry<Prepared>> {
    const running = this.#inFlight.get(source);
    if (running) return running;
    const fetching = this.#load(source).finally(() => this.#inFlight.delete(source));
    this.#inFlight.set(source, fetching);
    return fetching;
  }

  async #load(source: string): Promise<Entry<Prepared>> {
    const { store, clock, overlapSeconds } = this.#options;
    try {
      const current = await store.current(source);
      // A secret that was there and is gone is an accident: what is held serves on, as when the store is down.
      if (!current && this.#entries.get(source)?.versions.length)
        throw new Error('The secret has no version any more.');
      const overlaps = current && clock.now() < current.createdAt + overlapSeconds(source) * 1000;
      const previous = overlaps ? await store.previous(source) : undefined;
      const versions = [current, previous].filter((version) => version !== undefined);
      const entry: Entry<Prepared> = {
        fetchedAt: clock.now(),
        versions,
        both: this.#hold(source, versions),
        currentOnly: this.#hold(source, versions.slice(0, 1)),
      };
      this.#entries.set(source, entry);
      return entry;
    } catch (cause) {
      this.#notBefore.set(source, clock.now() + FAILED_REFRESH_MS);
      throw new SecretsUnavailable(`The secret of source ${source} could not be read.`, { cause });
    }
  }

  #hold(source: string, versions: readonly SecretVersion[]): Held<Prepared> {
    return {
      prepared: this.#options.prepare(
        source,
        versions.map(({ value }) => value),
      ),
      stages: versions.map(({ stage }) => stage),
    };
  }
}

function valuesOf(entry: Entry<unknown>): string {
  return JSON.stringify(entry.versions.map(({ value }) => value));
}
