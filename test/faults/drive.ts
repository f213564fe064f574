/**
 * One schedule under way. At each `yield` it waits until everything that does not wait for the world has run on.
 */
export type Run<Result> = Generator<undefined, Result, undefined>;

/**
 * Runs schedules side by side, each to its end. They share nothing but the process: many at once only spread the cost of
 * letting promises settle, which is most of what a schedule costs the harness.
 */
export function drive(lanes: readonly Run<void>[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let running = lanes;
    const round = () => {
      try {
        running = running.filter((lane) => lane.next().done !== true);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
        return;
      }
      // Node runs a tick only once no promise has anything left to do, if the tick is asked for by a promise.
      if (running.length > 0) void Promise.resolve().then(() => process.nextTick(round));
      else resolve();
    };
    round();
  });
}

/** Runs one schedule to its end. */
export async function runToEnd<Result>(run: Run<Result>): Promise<Result> {
  let result: { readonly value: Result } | undefined;
  function* lane(): Run<void> {
    result = { value: yield* run };
  }
  await drive([lane()]);
  if (!result) throw new Error('The schedule ended without a result.');
  return result.value;
}
