import type { AlarmView } from '../../lambdas/core/admin/alarms.ts';
import type { LedgerRow } from '../../lambdas/core/ledger/ledger.ts';
import { decodeSecrets } from '../../lambdas/core/scheme/key.ts';
import { providers } from '../../lambdas/providers/index.ts';
import { readAnswer } from '../admin-answer.ts';
import { Failure } from '../failure.ts';
import { INVOCATION } from '../print.ts';
import { readCurrent } from '../secrets.ts';
import { type Check, fine, type Finding, look, wrong } from './check.ts';

/** A signature with a timestamp is refused when it is five minutes off, by AWS as by most providers. */
const MOST_SKEW_MS = 60_000;

/** Whether the admin API answers, and by which clock. */
export const clock: Check = {
  name: 'clock',
  look: async ({ connection, now }) => {
    const answer = await connection.admin('openapi.json', {});
    readAnswer(answer);
    const theirs = Date.parse(answer.headers.date ?? '');
    if (Number.isNaN(theirs)) return [look('the gateway says no time', 'compare the clocks by hand')];
    const skew = now() - theirs;
    if (Math.abs(skew) <= MOST_SKEW_MS) return [fine('this clock and the gateway’s agree within a minute')];
    return [
      wrong(`this clock is ${Math.round(skew / 1000)} s off the gateway’s`, 'set it by NTP: signatures have a time'),
    ];
  },
};

/** Whether each source has a secret, and one that its provider's could be. Its value is not shown. */
export const secrets: Check = {
  name: 'secrets',
  look: async ({ connection, sources }) => {
    const findings: Finding[] = [];
    for (const source of sources) {
      const mend = `run \`${INVOCATION} secret set ${source.name}\``;
      try {
        const { value } = await readCurrent(connection, source);
        const provider = providers.get(source.provider);
        const { keys } = decodeSecrets(
          [value],
          provider?.scheme.key ?? { key: 'utf8' },
          Object.keys(provider?.settings ?? {}),
        );
        if (keys.length === 0)
          findings.push(wrong(`the secret of ${source.name} is not as ${source.provider} writes its`, mend));
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        findings.push(wrong(error.message, mend));
      }
    }
    return findings.length > 0 ? findings : [fine(`each of the ${sources.length} sources has one`)];
  },
};

interface Depth {
  readonly source: string;
  readonly route: string;
  readonly queue: 'main' | 'dead' | 'parked';
  readonly visible: number;
}

/** Whether something waits for a person. */
export const queues: Check = {
  name: 'queues',
  look: async ({ connection }) => {
    const depths = readAnswer(await connection.admin('queues', {}))['queues'] as readonly Depth[];
    const findings = depths
      .filter(({ queue, visible }) => queue !== 'main' && visible > 0)
      .map(({ source, route, queue, visible }) =>
        look(
          `${visible} in the ${queue} queue of ${source}/${route}`,
          queue === 'parked' ? 'docs/runbook/parked.md' : 'docs/runbook/dead-letters.md',
        ),
      );
    return findings.length > 0 ? findings : [fine('no dead letter and nothing parked')];
  },
};

/** Whether the books of the last hours balance. */
export const ledger: Check = {
  name: 'ledger',
  look: async ({ connection }) => {
    const answer = readAnswer(await connection.admin('ledger', {}));
    const rows = answer['rows'] as readonly LedgerRow[];
    const cut = answer['cut'] as readonly string[];
    const overdue = rows.reduce((sum, row) => sum + row.overdue, 0);
    const missing = rows.reduce((sum, row) => sum + row.missing, 0);
    const page = 'docs/runbook/ledger-mismatch.md';
    if (overdue + missing > 0) return [wrong(`${overdue} events are overdue and ${missing} missing`, page)];
    if (cut.length > 0) return [look(`${cut.join(', ')}: more events than one look takes, not all are counted`, page)];
    return [fine('everything that was accepted is accounted for')];
  },
};

/** Which alarms ring, and which can't. */
export const alarms: Check = {
  name: 'alarms',
  look: async ({ connection }) => {
    const all = readAnswer(await connection.admin('alarms', {}))['alarms'] as readonly AlarmView[];
    if (all.length === 0)
      return [look('there is none: nobody is told of anything', 'deploy, and subscribe to the topic')];
    const ringing = all
      .filter(({ state }) => state === 'ALARM')
      .map(({ alarm, since, runbook }) =>
        wrong(`${alarm} rings${since === null ? '' : ` since ${since}`}`, runbook ?? 'see docs/runbook'),
      );
    const blind = all
      .filter(({ state, tellsOfSilence }) => tellsOfSilence && state === 'INSUFFICIENT_DATA')
      .map(({ alarm, runbook }) => look(`${alarm} has no data: nobody counts`, runbook ?? 'see docs/runbook'));
    const findings = [...ringing, ...blind];
    return findings.length > 0 ? findings : [fine(`none of ${all.length} rings`)];
  },
};
