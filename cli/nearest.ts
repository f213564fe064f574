/** How many letters must change at most for a name to be worth suggesting. */
const FAR = 0.4;

/** The known names closest to what was typed, best first, at most three. */
export function nearest(typed: string, known: readonly string[]): readonly string[] {
  // Nobody types a name this long; the distance costs the product of both lengths.
  const word = typed.slice(0, 128).toLowerCase();
  return known
    .map((name) => ({ name, distance: name.toLowerCase().includes(word) ? 0 : distance(word, name.toLowerCase()) }))
    .filter(({ name, distance: edits }) => edits <= Math.max(2, Math.floor(name.length * FAR)))
    .sort((a, b) => a.distance - b.distance || a.name.length - b.name.length)
    .slice(0, 3)
    .map(({ name }) => name);
}

/** `Did you mean a or b? There are: a, b, c.` */
export function suggestion(typed: string, known: readonly string[]): string {
  const close = nearest(typed, known);
  const guess = close.length > 0 ? `Did you mean ${close.join(' or ')}? ` : '';
  return `${guess}There ${known.length === 1 ? 'is' : 'are'}: ${known.join(', ')}.`;
}

/** Edits from one word to the other: insert, delete, replace, or swap two neighbours. */
function distance(from: string, to: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1];
      const edits = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      row.push(swapped ? Math.min(edits, at(beforeLast, j - 2) + 1) : edits);
    }
    beforeLast = last;
    last = row;
  }
  return at(last, to.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.MAX_SAFE_INTEGER;
}
