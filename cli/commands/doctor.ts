import type { Command } from 'commander';
import { connect, LOCAL_STAGE, type Where } from '../connection.ts';
import { account, credentials } from '../doctor/account.ts';
import { type Check, type Finding, type Patient, wrong } from '../doctor/check.ts';
import { alarms, clock, ledger, queues, secrets } from '../doctor/gateway.ts';
import { mappings } from '../doctor/mappings.ts';
import { template } from '../doctor/on-disk.ts';
import { Failure } from '../failure.ts';
import { sourcesOf } from '../gateway.ts';
import { inert } from '../inert.ts';
import { withConnection, withJson } from '../options.ts';
import { INVOCATION, print, printJson } from '../print.ts';

interface Options extends Where {
  readonly json?: true;
}

/** In the order in which one needs the other. */
const CHECKS: readonly Check[] = [template, credentials, account, clock, secrets, mappings, queues, ledger, alarms];

const SIGNS: Readonly<Record<Finding['state'], string>> = {
  fine: 'ok',
  look: 'look',
  wrong: 'WRONG',
  'not-asked': '-',
};

export function addDoctor(program: Command): void {
  const command = program
    .command('doctor')
    .summary('check a gateway from its configuration to its alarms, and say what to do')
    .description(
      'Check a gateway: configuration, template, credentials, account, clock, secrets, routes, queues, ledger, alarms.',
    )
    .addHelpText(
      'after',
      `\nIt changes nothing. Exit code 1: something is wrong.\n\nExample:\n  ${INVOCATION} doctor --stage prod --url https://…`,
    );
  withJson(withConnection(command)).action(doctor);
}

interface Checked extends Finding {
  readonly check: string;
}

async function doctor(options: Options): Promise<void> {
  const checked: Checked[] = [];
  const tell = (check: string, finding: Finding) => {
    checked.push({ check, ...finding });
    if (!options.json) print(sentenceOf(check, finding));
  };
  try {
    const sources = await sourcesOf(options.stage);
    tell('config', {
      state: 'fine',
      says: `${sources.length} sources, ${sources.flatMap(({ routes }) => routes).length} routes`,
    });
    const connection = connect(options, process.env);
    const patient: Patient = { connection, isLocal: options.stage === LOCAL_STAGE, sources, now: () => Date.now() };
    for (const { name, look } of CHECKS) for (const finding of await lookSafely(look, patient)) tell(name, finding);
  } catch (error) {
    // The configuration, or where the gateway is: without either there is nothing more to ask.
    if (!(error instanceof Failure) || error.exitCode === 2) throw error;
    tell(
      checked.length === 0 ? 'config' : 'gateway',
      wrong(error.message, checked.length === 0 ? 'mend lib/config.ts' : 'start it'),
    );
  }
  const bad = checked.filter(({ state }) => state === 'wrong').length;
  if (options.json) printJson({ stage: options.stage, wrong: bad, checks: checked });
  else print(bad === 0 ? '\nNothing is wrong.' : `\n${bad} ${bad === 1 ? 'thing is' : 'things are'} wrong.`);
  if (bad > 0) process.exitCode = 1;
}

async function lookSafely(check: Check['look'], patient: Patient): Promise<readonly Finding[]> {
  try {
    return await check(patient);
  } catch (error) {
    if (!(error instanceof Failure) || error.exitCode === 2) throw error;
    return [wrong(error.message, 'mend this first')];
  }
}

function sentenceOf(check: string, { state, says, mend }: Finding): string {
  const line = `${SIGNS[state].padEnd(5)}  ${check.padEnd(11)}  ${inert(says, 500)}`;
  return mend === undefined ? line : `${line}\n${' '.repeat(20)}→ ${inert(mend, 300)}`;
}
