/** Something under way: goes on until it waits for what the code under test does next. False: it is over. */
export type Lane = () => boolean;

/**
 * Runs lanes side by side, each to its end, and before each step lets everything run on that does not wait for the world.
 * They share nothing but the process: some at once spread the cost of letting promises settle.
 */
export function drive(lanes: readonly Lane[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const running = [...lanes];
    const tick = () => process.nextTick(round);
    const round = () => {
      try {
        for (let at = running.length - 1; at >= 0; at--) if (!running[at]?.()) running.splice(at, 1);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
        return;
      }
      // Node runs a tick only once no promise has anything left to do, if the tick is asked for by a promise.
      if (running.length > 0) void Promise.resolve().then(tick);
      else resolve();
    };
    round();
  });
}
