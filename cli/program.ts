import { Command, CommanderError } from 'commander';
import { addAllowlist } from './commands/allowlist.ts';
import { addAlarm, addAlarms } from './commands/alarms.ts';
import { addBreaker, addPause } from './commands/breaker.ts';
import { addConformance } from './commands/conformance.ts';
import { addCost } from './commands/cost.ts';
import { addDlq } from './commands/dlq.ts';
import { addDoctor } from './commands/doctor.ts';
import { addEvents } from './commands/events.ts';
import { addInbox } from './commands/inbox.ts';
import { addLedger } from './commands/ledger.ts';
import { addProviders } from './commands/providers.ts';
import { addRejections } from './commands/rejections.ts';
import { addReplay } from './commands/replay.ts';
import { addSecret } from './commands/secret.ts';
import { addSend } from './commands/send.ts';
import { addShow } from './commands/show.ts';
import { addSources } from './commands/sources.ts';
import { addStats } from './commands/stats.ts';
import { addVerify } from './commands/verify.ts';
import { Failure } from './failure.ts';
import { inert } from './inert.ts';
import { INVOCATION, remark } from './print.ts';

const COMMANDS = [
  addSend,
  addShow,
  addEvents,
  addLedger,
  addStats,
  addRejections,
  addAlarms,
  addAlarm,
  addReplay,
  addBreaker,
  addPause,
  addDlq,
  addAllowlist,
  addSources,
  addSecret,
  addInbox,
  addDoctor,
  addCost,
  addProviders,
  addVerify,
  addConformance,
];

/** Runs one command line. The exit code is left in `process.exitCode`: 0 done, 1 refused or failed, 2 usage. */
export async function run(args: readonly string[]): Promise<void> {
  const program = new Command(INVOCATION)
    .description('Work with a Hookgate gateway: the one that `npm start` runs here, or a stage on AWS.')
    .addHelpText('after', '\nExit codes: 0 done, 1 refused or failed, 2 usage.')
    .showHelpAfterError('(--help tells more)')
    .exitOverride();
  for (const add of COMMANDS) add(program);
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    process.exitCode = explain(error);
  }
}

function explain(error: unknown): number {
  // Commander has said it already; its help is no error.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (!(error instanceof Failure)) throw error;
  for (const line of error.message.split('\n')) remark(inert(line));
  return error.exitCode;
}
