import { processor } from '../../../../../lambdas/core/processor.ts';

interface Deed {
  readonly does: 'well' | 'block' | 'exit' | 'fill' | 'buffers' | 'hang' | 'escape' | 'block-schema';
}

/** Keeps what fills the memory. */
const kept: unknown[] = [];

/** Does what its event says: to the thread that it runs in, mostly. */
export default processor({
  on: 'trial.bad',
  schema: {
    '~standard': {
      validate: (value) => {
        const deed = value as Deed;
        if (deed.does === 'block-schema') block();
        return { value: deed };
      },
    },
  },
  retry: { tries: 2, firstWait: 1, longestWait: 1 },
  // Ten that are begun again one after another, on a machine with other things to do.
  timeout: 60,
  handler: async ({ payload: { does } }) => {
    switch (does) {
      case 'well':
      case 'block-schema':
        return;
      case 'block':
        return block();
      case 'exit':
        return process.exit(3);
      case 'fill':
        for (;;) {
          // Eight megabytes that the collector has little to do with.
          kept.push(new Array<number>(1_000_000).fill(0.5));
          await pause();
        }
      case 'buffers':
        for (;;) {
          kept.push(Buffer.alloc(8 * 1024 * 1024, 1));
          await pause();
        }
      case 'hang':
        return new Promise(() => undefined);
      case 'escape':
        setTimeout(() => {
          throw new RangeError('out of reach of the one who called');
        }, 1);
        return new Promise(() => undefined);
    }
  },
});

/** Nobody fills it faster than somebody looks. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}

function block(): void {
  const until = Date.now() + 600_000;
  while (Date.now() < until);
}
