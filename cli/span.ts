const UNITS = [
  ['d', 24 * 60 * 60_000],
  ['h', 60 * 60_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** A length of time as a person says it, in the largest unit of which there are two, rounded down. */
export function span(ms: number): string {
  const [unit, length] = UNITS.find(([, one]) => ms >= 2 * one) ?? UNITS[3];
  return `${Math.max(0, Math.floor(ms / length))} ${unit}`;
}
