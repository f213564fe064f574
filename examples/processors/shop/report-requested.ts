import { z } from 'zod';
import { PermanentError, processor, RetryLater } from '../../../lambdas/core/processor.ts';

const REPORTS = 'https://reports.example.com';
const SECONDS_UNTIL_READY = 10 * 60;

/** A report was ordered: fetch it when it is ready, which takes them minutes and is no failure of theirs. */
export default processor({
  on: 'report.requested',
  schema: z.object({ data: z.object({ report_id: z.uuid() }) }),
  tables: ['reports'],
  timeout: 60,
  handler: async ({ payload: { data } }, { commit, signal }) => {
    const answer = await fetch(`${REPORTS}/${data.report_id}`, { signal });
    if (answer.status === 202) throw new RetryLater(SECONDS_UNTIL_READY, 'the report is not ready');
    if (answer.status === 404) throw new PermanentError('There is no such report.');
    if (!answer.ok) throw new Error(`The reports answered ${answer.status}.`, { cause: answer });
    await commit([{ put: { table: 'reports', item: { id: data.report_id, text: await answer.text() } } }]);
  },
});
