import type { Command } from 'commander';
import { compile } from '../../lambdas/core/scheme/compile.ts';
import type { Source } from '../../lambdas/core/source.ts';
import { providers } from '../../lambdas/providers/index.ts';
import { connect, type Where } from '../connection.ts';
import { describeKey } from '../facts.ts';
import { Failure, usage } from '../failure.ts';
import { sourceNamed, sourcesOf } from '../gateway.ts';
import { withStage, withJson } from '../options.ts';
import { INVOCATION, print, printJson, remark } from '../print.ts';
import { readSecret } from '../prompt.ts';
import { putCurrent, readCurrent } from '../secrets.ts';

type Options = Where & { readonly json?: true };

export function addSecret(program: Command): void {
  const secret = program
    .command('secret')
    .description("The signing secret of a source, in the stage's Secrets Manager.");

  const showing = secret
    .command('show')
    .description('Print the current secret, alone on standard output.')
    .argument('<source>', 'a source of lib/config.ts');
  withJson(withStage(showing)).action(show);

  const setting = secret
    .command('set')
    .description('Make what comes from standard input, typed or piped, the current secret.')
    .argument('<source>', 'a source of lib/config.ts')
    .allowExcessArguments()
    .addHelpText('after', `\nExample:\n  pbpaste | ${INVOCATION} secret set scalekit`);
  withJson(withStage(setting)).action(set);
}

async function show(name: string, options: Options): Promise<void> {
  const source = sourceNamed(name, await sourcesOf(options.stage));
  const stored = await readCurrent(connect(options, process.env), source.name);
  const since = stored.createdAt?.toISOString() ?? null;
  if (options.json) {
    printJson({ source: source.name, name: stored.name, value: stored.value, createdAt: since });
  } else {
    print(stored.value);
    if (process.stdout.isTTY) remark(`${stored.name}, current since ${since ?? 'an unknown time'}`);
  }
}

async function set(name: string, options: Options, command: Command): Promise<void> {
  if (command.args.length > 1) {
    throw usage(
      'The secret is not an argument, which shells keep and other users see: type it when asked, or pipe it in.',
    );
  }
  const source = sourceNamed(name, await sourcesOf(options.stage));
  const connection = connect(options, process.env);
  const value = await readSecret(`Secret that ${source.provider} signs ${source.name} with: `);
  checkUsable(source, value);
  const stored = await putCurrent(connection, source.name, value);
  const hours = source.secretOverlapSeconds / 3600;
  if (options.json) printJson({ source: source.name, name: stored, previousAcceptedHours: hours });
  else {
    print(`${stored} has a new value. The one before is accepted for ${hours} h more.`);
    print('The gateway reads it when a delivery does not match, at most once a minute.');
  }
}

/** A secret that the verifier could not use would turn every delivery away. */
function checkUsable(source: Source, value: string): void {
  const provider = providers.get(source.provider);
  if (!provider) throw new Failure(`Source ${source.name} names the provider ${source.provider}, which there is not.`);
  if (compile(provider).secrets([value]).usable > 0) return;
  throw new Failure(`That is no secret of ${provider.title}: expected ${describeKey(provider.scheme.key)}.`);
}
