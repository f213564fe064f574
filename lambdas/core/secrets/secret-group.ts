/**
 * The text of a secret that many sources share: a JSON object by source name. Each entry has its own previous value and
 * time, because the stages of the shared secret move for all of them whenever one changes.
 */
export type SecretGroup = Readonly<Record<string, GroupEntry>>;

export interface GroupEntry {
  readonly current: string;
  /** When it became the current one, ISO 8601; absent where somebody wrote the bare value. */
  readonly since?: string;
  readonly previous?: string;
}

/** @throws when the text is no such object; the message holds nothing of it */
export function parseGroup(text: string): SecretGroup {
  // A new group's secret is empty, as CloudFormation makes it.
  const parsed = parseObject(text);
  return Object.fromEntries(Object.entries(parsed).map(([source, entry]) => [source, entryOf(source, entry)]));
}

export function groupText(group: SecretGroup): string {
  return JSON.stringify(group, undefined, 1);
}

/** Of one source, by its own name only. */
export function entryOfSource(group: SecretGroup, source: string): GroupEntry | undefined {
  return Object.hasOwn(group, source) ? group[source] : undefined;
}

/** Makes a value a source's current one and the one before it the previous one. */
export function withCurrent(group: SecretGroup, source: string, value: string, nowMs: number): SecretGroup {
  const before = entryOfSource(group, source)?.current;
  const entry: GroupEntry = {
    current: value,
    since: new Date(nowMs).toISOString(),
    ...(before !== undefined && { previous: before }),
  };
  return { ...group, [source]: entry };
}

export function withoutPrevious(group: SecretGroup, source: string): SecretGroup {
  const entry = entryOfSource(group, source);
  if (!entry) return group;
  const { previous: _, ...rest } = entry;
  return { ...group, [source]: rest };
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Record<string, unknown>;
  throw new Error('A secret of many sources must be a JSON object by source name.');
}

function entryOf(source: string, entry: unknown): GroupEntry {
  if (typeof entry === 'string') return { current: entry };
  const { current, since, previous } = (typeof entry === 'object' && entry !== null ? entry : {}) as GroupEntry;
  if (typeof current !== 'string')
    throw new Error(`The entry of ${source} in its group's secret has no current value.`);
  return {
    current,
    ...(typeof since === 'string' && Number.isFinite(Date.parse(since)) && { since }),
    ...(typeof previous === 'string' && { previous }),
  };
}
