import type { AdminRequest, EventLog } from './admin.ts';
import { viewOf } from './event-view.ts';
import { historyOf, type HistoryLog } from './event-history.ts';
import { problem } from './problem.ts';
import type { Answer } from '../verdict.ts';

export interface AdminHistoryPorts {
  readonly log: Pick<EventLog, 'find'>;
  readonly history: HistoryLog;
  readonly sources: readonly string[];
}

/** `GET /admin/history/{source}/{id}`: an event with its deliveries, attempts and waits, from the functions' log lines. */
export async function administerHistory(
  request: AdminRequest,
  { log, history, sources }: AdminHistoryPorts,
): Promise<Answer> {
  const [, source = '', ...rest] = request.path;
  const id = rest.join('/');
  if (!sources.includes(source)) return problem(404, `There is no source "${source}".`, { field: 'source' });
  const record = await log.find(source, id);
  if (!record) return problem(404, `Source ${source} has no event "${id}".`, { field: 'id' });
  const { lines, complete } = await history.read(record);
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ event: viewOf(record), entries: historyOf(lines), complete }),
  };
}
