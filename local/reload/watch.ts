import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Console, time } from '../console.ts';
import { filesIn, watchTree } from './tree.ts';
import { explain, newReloader, type Reloader, type ReloaderOptions } from './reloader.ts';

export interface WatchOptions extends ReloaderOptions {
  readonly console: Console;
}

const LAMBDAS = resolve(import.meta.dirname, '..', '..', 'lambdas');
const SOURCE = /\.(ts|json)$/;
/** An editor writes a file in several steps. */
const SETTLE_MS = 40;
/** A file that was moved here may have been written long ago. */
const OLDEST_WRITE_MS = 2000;

/**
 * Reloads the functions when a file under `lambdas/` changes. What comes from `lib/` (queues, sources, permissions)
 * needs a new start. Returns what ends it.
 */
export async function watchFunctions({ console, ...options }: WatchOptions): Promise<() => Promise<void>> {
  const reloader = await newReloader(options);
  let writtenAt: number | undefined;
  let pending: NodeJS.Timeout | undefined;
  // One after the other, from the first on.
  let running = start(reloader).catch((error: unknown) => refuse(error));

  const sources = watchTree(LAMBDAS, (file) => {
    if (!SOURCE.test(file)) return;
    writtenAt ??= timeOfWrite(file);
    clearTimeout(pending);
    pending = setTimeout(() => {
      const since = writtenAt ?? Date.now();
      writtenAt = undefined;
      running = running.then(() => reload(since)).catch((error: unknown) => refuse(error));
    }, SETTLE_MS);
  });
  await running;
  console.say('Watching lambdas/: a change takes effect at once, one in lib/ at the next start.');
  return async () => {
    clearTimeout(pending);
    sources.close();
    // A Ctrl-C in the terminal ends esbuild's own process as well.
    await reloader.close().catch(() => undefined);
  };

  async function reload(since: number): Promise<void> {
    const changed = await reloader.bundle();
    if (changed.length === 0) return console.say(`${time()}  nothing to reload: no function's code is another`);
    const reloaded = await reloader.replace(changed);
    if (reloaded.length === 0) return;
    console.say(`${time()}  reloaded ${reloaded.join(', ')} in ${(Date.now() - since).toFixed(0)} ms`);
  }

  function refuse(error: unknown): void {
    console.say(`${time()}  not reloaded, the old code goes on: ${explain(error)}`);
  }
}

/** What was written while the host started may have come too late for its template. */
async function start(reloader: Reloader): Promise<void> {
  const all = await reloader.bundle();
  if (newestWrite(LAMBDAS) > performance.timeOrigin) await reloader.replace(all);
}

function newestWrite(folder: string): number {
  const files = filesIn(folder).filter((file) => SOURCE.test(file));
  return Math.max(0, ...files.map((file) => statSync(file).mtimeMs));
}

/** Milliseconds since the epoch. */
function timeOfWrite(file: string): number {
  const now = Date.now();
  const written = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? now;
  return now - written > OLDEST_WRITE_MS ? now : Math.min(written, now);
}
