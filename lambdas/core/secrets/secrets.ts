import type { Clock, SecretStage, SecretStore, SecretVersion } from '../ports.ts';

/** Served without asking again for this long; older ones are refreshed in the background. */
const FRESH_MS = 5 * 60_000;
/** A container that slept for longer than this waits a moment for the refresh: a revoked secret must not wake with it. */
const IDLE_MS = 10 * 60_000;
/** How long a delivery waits for such a refresh before it is served what is held. */
const PATIENCE_MS = 1_000;
/** While the secret store is down, what was fetched last is served for this long. */
const STALE_MS = 24 * 60 * 60_000;
/**
 * A signature that matches no secret may be a new secret: worth one look a minute, so that forgers can't run up calls.
 * After a refresh that failed the store is left alone for as long, whoever asks: also by a container that holds nothing,
 * where each delivery, a forged one too, would ask again. So such a container serves within a minute of the store's return.
 */
export const LOOK_EVERY_MS = 60_000;
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

interface BoundedVersion extends SecretVersion {
  /** From then on it is accepted no more, milliseconds since the epoch. */
  readonly until: number;
}

interface Entry<Prepared> {
  readonly fetchedAt: number;
  readonly versions: readonly BoundedVersion[];
  readonly held: Held<Prepared>;
}

/** The secret store could not be asked and nothing usable is held: our fault, a 503. */
export class SecretsUnavailable extends Error {
  override readonly name = 'SecretsUnavailable';
}

/**
 * Secrets of one container: the current one always; the previous one until the current is `overlapSeconds` old, because
 * AWSPREVIOUS never expires by itself; the pending one while a rotation is open, until it is `overlapSeconds` old itself,
 * because AWSPENDING may stay where a rotation has put it, and on a version that has been current since.
 */
export class SecretCache<Prepared> {
  readonly #options: SecretCacheOptions<Prepared>;
  readonly #entries = new Map<string, Entry<Prepared>>();
  readonly #inFlight = new Map<string, Promise<Entry<Prepared>>>();
  /** Sources whose last refresh failed, and until when the store is left alone. */
  readonly #notBefore = new Map<string, number>();
  readonly #lastLook = new Map<string, number>();

  constructor(options: SecretCacheOptions<Prepared>) {
    this.#options = options;
  }

  /** @throws SecretsUnavailable when nothing is held (or only what is too old) and the store does not answer */
  async get(source: string): Promise<Held<Prepared>> {
    const now = this.#options.clock.now();
    const entry = this.#entries.get(source);
    if (!entry || now - entry.fetchedAt > STALE_MS) return this.#valid(source, await this.#ask(source));
    if (now - entry.fetchedAt > FRESH_MS && !this.#isLeftAlone(source)) {
      const failing = this.#notBefore.has(source);
      // In the background: a delivery never waits for a refresh, and a failed one leaves what is held.
      const refreshed = this.#ask(source).then(
        () => undefined,
        () => undefined,
      );
      if (now - entry.fetchedAt > IDLE_MS && !failing) await this.#forAMoment(refreshed);
    }
    return this.#valid(source, this.#entries.get(source) ?? entry);
  }

  /**
   * After a mismatch: fetches at most once a minute. True when the values changed, so a second look is worth it.
   *
   * @throws SecretsUnavailable when the last refresh failed: then nobody knows whether the secret is a new one of ours
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
    const { until = Infinity } = entry.versions.find((version) => version.stage === stage) ?? {};
    return this.#options.clock.now() >= until - part ? { stage, overdue: true } : { stage };
  }

  /** Keeps what a provider offered in band, if the source has no secret yet. */
  async keepFirst(source: string, value: string): Promise<boolean> {
    const kept = await this.#options.store.keepFirst(source, value);
    this.#entries.delete(source);
    return kept;
  }

  /** What of it is accepted now. A version that ends is left out from then on, which is prepared once. */
  #valid(source: string, entry: Entry<Prepared>): Held<Prepared> {
    const now = this.#options.clock.now();
    if (entry.versions.every(({ until }) => now < until)) return entry.held;
    return this.#hold(source, entry.fetchedAt, entry.versions).held;
  }

  /** At most once a minute; undefined when it is too early. What another delivery has asked is awaited. */
  async #look(source: string): Promise<Entry<Prepared> | undefined> {
    const running = this.#inFlight.get(source);
    if (running) return running;
    if (!this.#isLeftAlone(source)) {
      const at = this.#options.clock.now();
      if (at - (this.#lastLook.get(source) ?? -Infinity) < LOOK_EVERY_MS) return undefined;
      this.#lastLook.set(source, at);
    }
    return this.#ask(source);
  }

  #isLeftAlone(source: string): boolean {
    return this.#options.clock.now() < (this.#notBefore.get(source) ?? 0);
  }

  /** @throws SecretsUnavailable when the store does not answer, and without a call while it is left alone */
  async #ask(source: string): Promise<Entry<Prepared>> {
    if (!this.#isLeftAlone(source)) return this.#fetch(source);
    throw new SecretsUnavailable(`The secret of source ${source} could not be read a moment ago.`);
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
      const overlapMs = overlapSeconds(source) * 1000;
      const overlapEndsAt = current ? current.createdAt + overlapMs : 0;
      const previous = clock.now() < overlapEndsAt ? await store.previous(source) : undefined;
      const versions = distinct([
        current && { ...current, until: Infinity },
        previous && { ...previous, until: overlapEndsAt },
        pending && { ...pending, until: pending.createdAt + overlapMs },
      ]);
      this.#notBefore.delete(source);
      return this.#hold(source, clock.now(), versions);
    } catch (cause) {
      this.#notBefore.set(source, clock.now() + LOOK_EVERY_MS);
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

  /** Keeps those that are accepted now, prepared. */
  #hold(source: string, fetchedAt: number, found: readonly BoundedVersion[]): Entry<Prepared> {
    const now = this.#options.clock.now();
    const versions = found.filter(({ until }) => now < until);
    const prepared = this.#options.prepare(
      source,
      versions.map(({ value }) => value),
    );
    const held = { prepared, versions: versions.map(({ id, stage }) => ({ id, stage })) };
    const entry = { fetchedAt, versions, held };
    this.#entries.set(source, entry);
    return entry;
  }
}

/** Each version once, as the first of its stages: when a rotation has ended, the pending one is current, or was before. */
function distinct(versions: readonly (BoundedVersion | undefined)[]): readonly BoundedVersion[] {
  const there = versions.filter((version) => version !== undefined);
  return there.filter(({ id }, index) => there.findIndex((other) => other.id === id) === index);
}

function valuesOf(entry: Entry<unknown>): string {
  return JSON.stringify(entry.versions.map(({ value }) => value));
}
