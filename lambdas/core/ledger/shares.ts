/**
 * Shares `most` out among those who want so many each: nobody gets more than they want, and what the small ones leave goes
 * to the large ones.
 */
export function sharesOf(wanted: readonly number[], most: number): readonly number[] {
  const shares = wanted.map(() => 0);
  const smallestFirst = wanted.map((count, at) => ({ count, at })).sort((a, b) => a.count - b.count);
  let left = most;
  smallestFirst.forEach(({ count, at }, before) => {
    const share = Math.min(count, Math.floor(left / (wanted.length - before)));
    shares[at] = share;
    left -= share;
  });
  return shares;
}
