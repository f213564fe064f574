import type { Clock, SecretStage, SecretStore, SecretVersion } from '../ports.ts';

/** Served without asking again for this long; older ones are refreshed in the background. */
const FRESH_MS = 5 * 60_000;
/** A container that slept for longer than this waits a moment for the refresh: a revoked secret must not wake with it. */
const IDLE_MS = 10 * 60_000;
/** How long a delivery waits for such a refresh before it is served what is held. */
const PATIENCE_MS = 1_000;
/** While the secret store is down, what was fetched last is served for this long. */
const STALE_MS = 24 * 60 * 60_000;
/** A signature that matches no secret may be a new secret: worth one look a minute, so that forgers can't run up calls. */
export const LOOK_EVERY_MS = 60_000;
/** After a failed refresh, the store is left alone for this long. */
const FAILED_REFRESH_MS = 10_000;
/** The last part of an overlap, in which a provider that still signs with the previous secret needs somebody's hand. */
const OVERDUE_PART = 0.25;

/** Which secret a delivery was signed with; `overdue`: the previous one, and its overlap is nearly over. */
export interface MatchedSecret {
  readonly stage: SecretStage;
  readonly overdue?: true;
}

/** What the cache hands out: the values that are valid now, current first, prepared once for many verifications. */
export interface Held<Prepared> {
  readonly prepared: Prepared;
  /** By position in the list of values. */
  readonly versions: readonly Pick<SecretVersion, 'id' | 'stage'>[];
}

export interface SecretCacheOptions<Prepared> {
  readonly store: SecretStore;
  readonly clock: Clock;
  readonly overlapSeconds: (source: string) => number;
  /** Whether a rotation may be open, so that a pending secret is worth asking for. @default no source's is */
  readonly rotates?: (source: string) => boolean;
  /** Turns values into keys, once per change: decoding a key costs more than a signature. */
  readonly prepare: (source: string, values: readonly string[]) => Prepared;
}

interface Entry<Prepared> {
  readonly fetchedAt: number;
  readonly versions: readonly SecretVersion[];
  readonly overlapEndsAt: number;
  readonly all: Held<Prepared>;
  readonly withoutPrevious: Held<Prepared>;
}

/** The secret store could not be asked and nothing usable is held: our fault, a 503. */
export class SecretsUnavailable extends Error {
  override readonly name = 'SecretsUnavailable';
}

/**
 * Secrets of one container: the current one always; the previous one until the current is `overlapSeconds` old, because
 * AWSPREVIOUS never expires by itself; the pending one while a rotation is open.
 */
export class SecretCache<Prepared> {
  readonly #options: SecretCacheOptions<Prepared>;
  readonly #entries = new Map<string, Entry<Prepared>>();
  readonly #inFlight = new Map<string, Promise<Entry<Prepared>>>();
  /** Sources whose last refresh failed, and until when the store is left alone. */
  readonly #notBefore = new Map<string, number>();
  readonly #lastLook = new Map<string, { at: number; failed: boolean }>();

  constructor(options: SecretCacheOptions<Prepared>) {
    this.#options = options;
  }

  /** @throws SecretsUnavailable when nothing is held (or only what is too old) and the store does not answer */
  async get(source: string): Promise<Held<Prepared>> {
    const now = this.#options.clock.now();
    const entry = this.#entries.get(source);
    if (!entry || now - entry.fetchedAt > STALE_MS) return this.#valid(source, await this.#fetch(source));
    const failing = this.#notBefore.get(source);
    if (now - entry.fetchedAt > FRESH_MS && now >= (failing ?? 0)) {
      // In the background: a delivery never waits for a refresh, and a failed one leaves what is held.
      const refreshed = this.#fetch(source).then(
        () => undefined,
        () => undefined,
      );
      if (now - entry.fetchedAt > IDLE_MS && failing === undefined) await this.#forAMoment(refreshed);
    }
    return this.#valid(source, this.#entries.get(source) ?? entry);
  }

  /**
   * After a mismatch: fetches at most once a minute. True when the values changed, so a second look is worth it.
   *
   * @throws SecretsUnavailable when the last look failed: then nobody knows whether the secret is a new one of ours
   */
  async refreshAfterMismatch(source: string): Promise<boolean> {
    const before = this.#entries.get(source);
    if (!before) return false;
    const after = await this.#look(source);
    return after !== undefined && valuesOf(after) !== valuesOf(before);
  }

  /**
   * After a match with a secret that ends before its time when it is revoked: what is held longer than a minute is
   * fetched anew, if the last look was a minute ago. True when the values changed. A store that is down changes nothing.
   */
  async confirm(source: string): Promise<boolean> {
    const before = this.#entries.get(source);
    if (!before || this.#options.clock.now() - before.fetchedAt < LOOK_EVERY_MS) return false;
    try {
      const after = await this.#look(source);
      return after !== undefined && valuesOf(after) !== valuesOf(before);
    } catch {
      return false;
    }
  }

  /** What the holder of the version at this position should know of it. */
  matched(source: string, { versions }: Held<Prepared>, index: number): MatchedSecret {
    const stage = versions[index]?.stage ?? 'AWSCURRENT';
    const entry = this.#entries.get(source);
    if (stage !== 'AWSPREVIOUS' || !entry) return { stage };
    const part = this.#options.overlapSeconds(source) * 1000 * OVERDUE_PART;
    return this.#options.clock.now() >= entry.overlapEndsAt - part ? { stage, overdue: true } : { stage };
  }

  /** Keeps what a provider offered in band, if the source has no secret yet. */
  async keepFirst(source: string, value: string): Promise<boolean> {
    const kept = await this.#options.store.keepFirst(source, value);
    this.#entries.delete(source);
    return kept;
  }

  #valid(source: string, entry: Entry<Prepared>): Held<Prepared> {
    return this.#options.clock.now() < entry.overlapEndsAt ? entry.all : entry.withoutPrevious;
  }

  /** At most once a minute; undefined when it is too early. Throws while the last look is one that failed. */
  async #look(source: string): Promise<Entry<Prepared> | undefined> {
    const at = this.#options.clock.now();
    const last = this.#lastLook.get(source);
    if (last && at - last.at < LOOK_EVERY_MS) {
      if (last.failed) throw new SecretsUnavailable(`The secret of source ${source} could not be looked up.`);
      return undefined;
    }
    const look = { at, failed: false };
    this.#lastLook.set(source, look);
    try {
      return await this.#fetch(source);
    } catch (error) {
      look.failed = true;
      throw error;
    }
  }

  #fetch(source: string): Promise<Entry<Prepared>> {
    const running = this.#inFlight.get(source);
    if (running) return running;
    const fetching = this.#load(source).finally(() => this.#inFlight.delete(source));
    this.#inFlight.set(source, fetching);
    return fetching;
  }

  async #load(source: string): Promise<Entry<Prepared>> {
    const { store, clock, overlapSeconds, rotates } = this.#options;
    try {
      // A version moves from pending to current to previous: in this order none is missed between two reads.
      const pending = rotates?.(source) ? await store.pending(source) : undefined;
      const current = await store.current(source);
      // A secret that was there and is gone is an accident: what is held serves on, as when the store is down.
      if (!current && this.#entries.get(source)?.versions.length)
        throw new Error('The secret has no version any more.');
      const overlapEndsAt = current ? current.createdAt + overlapSeconds(source) * 1000 : 0;
      const previous = clock.now() < overlapEndsAt ? await store.previous(source) : undefined;
      const versions = distinct([current, pending, previous]);
      const entry: Entry<Prepared> = {
        fetchedAt: clock.now(),
        versions,
        overlapEndsAt,
        all: this.#hold(source, versions),
        withoutPrevious: this.#hold(
          source,
          versions.filter(({ stage }) => stage !== 'AWSPREVIOUS'),
        ),
      };
      this.#entries.set(source, entry);
      this.#notBefore.delete(source);
      const look = this.#lastLook.get(source);
      if (look) look.failed = false;
      return entry;
    } catch (cause) {
      this.#notBefore.set(source, clock.now() + FAILED_REFRESH_MS);
      throw new SecretsUnavailable(`The secret of source ${source} could not be read.`, { cause });
    }
  }

  async #forAMoment(refreshed: Promise<void>): Promise<void> {
    let callOff = (): void => undefined;
    const enough = new Promise<void>((ring) => {
      callOff = this.#options.clock.alarm(PATIENCE_MS, ring);
    });
    await Promise.race([refreshed, enough]);
    callOff();
  }

  #hold(source: string, versions: readonly SecretVersion[]): Held<Prepared> {
    return {
      prepared: this.#options.prepare(
        source,
        versions.map(({ value }) => value),
      ),
      versions: versions.map(({ id, stage }) => ({ id, stage })),
    };
  }
}

/** Each version once, as the first of its stages: when a rotation ends, the pending one is the current one. */
function distinct(versions: readonly (SecretVersion | undefined)[]): readonly SecretVersion[] {
  const there = versions.filter((version) => version !== undefined);
  return there.filter(({ id }, index) => there.findIndex((other) => other.id === id) === index);
}

function valuesOf(entry: Entry<unknown>): string {
  return JSON.stringify(entry.versions.map(({ value }) => value));
}
