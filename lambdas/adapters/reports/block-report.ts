import type { BlockReport } from '../../core/addresses/blocklist.ts';
import { BLOCKED_ADDRESSES_METRIC } from '../../core/metrics.ts';
import type { Emit } from './emf.ts';
import type { Log } from './log.ts';

/** What operators hear of the block set after each look at it. */
export function blockReport({ log, emit }: { readonly log: Log; readonly emit: Emit }) {
  return ({ added, released, count }: BlockReport): void => {
    if (added.length > 0) log.warn('addresses blocked', { addresses: added.join(' '), count });
    if (released.length > 0) log.info('addresses released', { addresses: released.join(' '), count });
    if (count > 0) emit([{ name: BLOCKED_ADDRESSES_METRIC, value: count }]);
  };
}
