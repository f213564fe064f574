/**
 * Everything but letters and signs: control characters (a terminal acts on them), direction marks (they reorder what
 * is read), line and paragraph separators. Text of events comes from outside and must only ever be shown.
 */
const ACTIVE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Text of a stranger, safe on a terminal and on one line, at most `longest` characters. */
export function inert(text: string, longest = 4096): string {
  const shown = text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
  return shown.replace(ACTIVE, '\u00b7');
}

/** JSON of it: the same value for a program, and as harmless on a terminal as `inert` text. */
export function inertJson(value: unknown): string {
  const text = JSON.stringify(value, undefined, 2);
  return text.replace(ACTIVE, (character) =>
    character === '\n'
      ? character
      : Array.from({ length: character.length }, (_, at) => escaped(character.charCodeAt(at))).join(''),
  );
}

function escaped(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}
