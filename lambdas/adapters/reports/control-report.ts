import { BREAKER_METRIC, DIMENSION } from '../../core/metrics.ts';
import type { ControlReport } from '../../core/processing/control.ts';
import type { Emit } from './emf.ts';
import type { Log } from './log.ts';

/** What operators hear of the mappings of a route, `<source>/<route>`. */
export function controlReport({ log, emit }: { readonly log: Log; readonly emit: Emit }) {
  return (name: string, what: ControlReport): void => {
    const [source = '', route = ''] = name.split('/');
    const count = (metric: string) =>
      emit([{ name: metric, value: 1 }], { [DIMENSION.source]: source, [DIMENSION.route]: route });
    switch (what.kind) {
      case 'open':
        count(BREAKER_METRIC.open);
        return;
      case 'paused':
        return;
      case 'set':
        log.info('mappings set', { source, route, mode: what.mode });
        return;
      case 'drift':
        count(BREAKER_METRIC.drift);
        log.warn('a mapping was not as it had been set', { source, route, mapping: what.mapping, ...what.found });
        return;
      case 'failed':
        log.error(`the mappings of ${name} could not be seen to`, what.error);
    }
  };
}
