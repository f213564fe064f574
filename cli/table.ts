import { inert } from './inert.ts';

/** An id longer than this is shown cut; `--json` has it whole. */
const LONGEST_CELL = 120;

/** Columns under upper-case titles, two spaces apart. Cells may be of strangers. */
export function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const shown = [titles, ...rows.map((row) => row.map((cell) => inert(cell, LONGEST_CELL)))];
  const widths = titles.map((_, column) => Math.max(...shown.map((row) => row[column]?.length ?? 0)));
  return shown
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Names and values, one pair a line; pairs without a value are left out. */
export function listing(
  pairs: readonly (readonly [name: string, value: string | number | null | undefined])[],
): string {
  const given = pairs.flatMap(([name, value]) =>
    value === null || value === undefined ? [] : [[name, inert(String(value))] as const],
  );
  const width = Math.max(...given.map(([name]) => name.length));
  return given.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}
