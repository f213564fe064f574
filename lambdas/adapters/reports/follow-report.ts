import type { FollowReport } from '../../core/addresses/follow.ts';
import { ALLOWLIST_DRIFT_METRIC, DIMENSION } from '../../core/metrics.ts';
import type { Source } from '../../core/source.ts';
import type { Emit } from './emf.ts';
import type { Log } from './log.ts';

export interface FollowReportOptions {
  readonly log: Log;
  readonly emit: Emit;
  readonly sources: readonly Pick<Source, 'name' | 'provider' | 'allow'>[];
}

/** What operators hear of a provider's published addresses: of drift, every source that follows them has a metric. */
export function followReport({ log, emit, sources }: FollowReportOptions) {
  return (provider: string, what: FollowReport): void => {
    switch (what.kind) {
      case 'applied': {
        const { added, removed, by } = what;
        const addresses = { added: added.join(' '), removed: removed.join(' ') };
        log.info('the published addresses changed', { provider, ...addresses, by });
        return;
      }
      case 'drift': {
        const { reason, detail, since } = what;
        log.warn('the published addresses are not those in force', { provider, reason, detail, since });
        for (const { name } of sources.filter((source) => source.provider === provider && source.allow?.published)) {
          emit([{ name: ALLOWLIST_DRIFT_METRIC, value: 1 }], { [DIMENSION.source]: name });
        }
        return;
      }
      case 'unreached':
        log.error(`the list of ${provider} could not be had`, what.error);
        return;
      case 'failed':
        log.error(`the published addresses of ${provider} could not be seen to`, what.error);
    }
  };
}
