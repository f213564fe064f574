import type { Fence, Store } from '../ports.ts';
import type { ProcessorContext, Write } from '../processor.ts';

/** What a handler commits of one event, and when that is known. */
export interface Commits {
  readonly commit: ProcessorContext['commit'];
  /** How long the handler had run when its commit went through; undefined while none did. */
  readonly committedMs: () => number | undefined;
  /** Waits for a commit that the handler did not wait for; rejected with what became of it, for nobody else hears that. */
  readonly settled: () => Promise<void>;
}

/**
 * The commit of one attempt. A second one throws, for the event is done and nothing would write it; after one that was
 * refused, or threw, another may be tried.
 *
 * @param finished what to write along with DONE
 */
export function commitsOf(
  store: Store,
  fence: Fence,
  finished: () => { readonly doneAt: number; readonly processingMs: number },
): Commits {
  let committedMs: number | undefined;
  let open: Promise<'committed' | 'refused'> | undefined;

  async function once(writes: readonly Write[]): Promise<'committed' | 'refused'> {
    const done = finished();
    try {
      const answer = await store.commit(fence, writes, done);
      if (answer === 'fence-lost') throw new Error('Another execution holds this event now; nothing was written.');
      if (answer === 'committed') committedMs = done.processingMs;
      return answer;
    } finally {
      open = undefined;
    }
  }

  return {
    commit: (writes) => {
      if (committedMs !== undefined || open) {
        return Promise.reject(new Error('This event has its commit already: give all writes to one.'));
      }
      open = once(writes);
      return open;
    },
    committedMs: () => committedMs,
    settled: async () => void (await open),
  };
}
