/** One measured step; a promise is waited for. */
export type Run = () => unknown;

export interface Comparison {
  readonly name: string;
  /** Median of CPU time of the first over the second. */
  readonly ratio: number;
  readonly bound: number;
  /** CPU time of the first, median. */
  readonly micros: number;
}

const ROUNDS = 41;
/** CPU time of one sample; shorter ones drown in the clock's steps. */
const SAMPLE_MICROS = 15_000;

/**
 * Takes both sides in turn, round by round, so that what the machine does beside hits both alike, and compares each
 * sample with its neighbour.
 */
export async function compare(
  name: string,
  one: Run,
  other: Run,
  bytes: number,
  bound: number,
  rounds = ROUNDS,
): Promise<Comparison> {
  const guess = Math.max(8, Math.floor(2_000_000 / (bytes + 2000)));
  for (const run of [one, other, one, other]) await sample(run, guess);
  const count = Math.max(1, Math.round(SAMPLE_MICROS / (await sample(other, guess))));
  const ratios: number[] = [];
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    // Whoever goes first profits or suffers from what came before: it changes every round.
    const first = round % 2 === 0 ? await sample(one, count) : await sample(other, count);
    const second = round % 2 === 0 ? await sample(other, count) : await sample(one, count);
    const [mine, theirs] = round % 2 === 0 ? [first, second] : [second, first];
    ratios.push(mine / theirs);
    times.push(mine);
  }
  return { name, bound, ratio: median(ratios), micros: median(times) };
}

/** CPU microseconds per run. */
async function sample(run: Run, count: number): Promise<number> {
  const before = process.cpuUsage();
  for (let i = 0; i < count; i++) {
    const result = run();
    if (result instanceof Promise) await result;
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
