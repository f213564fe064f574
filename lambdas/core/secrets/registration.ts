/** How one provider is told a new secret. One file in `lambdas/rotations`, named like the provider's. */
export interface Registration {
  readonly provider: string;
  /** What a source's configuration must say, by name. */
  readonly settings: Readonly<Record<string, Setting>>;
  /** The call that makes `secret` the one that the provider signs with; anything but 2xx has failed. */
  readonly request: (secret: string, settings: Readonly<Record<string, string>>, credential: string) => ProviderRequest;
  /** Where the facts were read. */
  readonly sources: readonly string[];
}

export interface Setting {
  /** In words that end a sentence: "the repository, as owner/name". */
  readonly what: string;
  readonly matches: RegExp;
  /** Instead of a missing one. */
  readonly otherwise?: string;
}

export interface ProviderRequest {
  readonly method: 'POST' | 'PUT' | 'PATCH';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sentences, one for each setting that is missing, wrong or unknown. */
export function settingProblems(
  { provider, settings }: Registration,
  given: Readonly<Record<string, string>>,
): readonly string[] {
  return [
    ...Object.entries(settings).flatMap(([name, { what, matches, otherwise }]) => {
      const value = given[name] ?? otherwise;
      if (value === undefined) return [`gives no rotation.settings.${name}: write ${what}.`];
      return matches.test(value) ? [] : [`has rotation.settings.${name} '${value}': write ${what}.`];
    }),
    ...Object.keys(given)
      .filter((name) => !Object.hasOwn(settings, name))
      .map((name) => `has rotation.settings.${name}, which ${provider} has no use for: remove it.`),
  ];
}

/** With what is taken for those that are missing. */
export function settingsWithDefaults(
  { settings }: Registration,
  given: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, { otherwise }]) => [name, given[name] ?? otherwise ?? '']),
  );
}
