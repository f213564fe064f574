import type { Command } from 'commander';
import { compile } from '../../lambdas/core/scheme/compile.ts';
import type { Source } from '../../lambdas/core/source.ts';
import { providers } from '../../lambdas/providers/index.ts';
import { connect, type Connection, type Where } from '../connection.ts';
import { describeKey } from '../facts.ts';
import { Failure, usage } from '../failure.ts';
import { sourceNamed, sourcesOf } from '../gateway.ts';
import { withStage, withJson } from '../options.ts';
import { INVOCATION, print, printJson, remark } from '../print.ts';
import { readSecret } from '../prompt.ts';
import { rotateNow } from '../secret-rotation.ts';
import { type SecretStatus, statusOf, storedOf } from '../secret-status.ts';
import { putCredential, putCurrent, readCurrent, revokePrevious } from '../secrets.ts';
import { span } from '../span.ts';
import { table } from '../table.ts';

type Options = Where & { readonly json?: true };
type SetOptions = Options & { readonly file?: string; readonly credential?: true; readonly anyway?: true };

export function addSecret(program: Command): void {
  const secret = program
    .command('secret')
    .description("The signing secret of a source, in the stage's Secrets Manager.");
  const add = (name: string, description: string): Command =>
    withJson(
      withStage(secret.command(name).description(description).argument('<source>', 'a source of lib/config.ts')),
    );

  add('status', 'What is stored, how old it is, and whether the old secret is still used; no value.').action(status);
  add('show', 'Print the current secret, alone on standard output.').action(show);
  add('set', 'Make what comes from standard input, typed or piped, the current secret.')
    .option('--file <path>', 'read it from a file')
    .option('--credential', "set what the provider's API is called with in a rotation instead")
    .option('--anyway', 'also while an older secret is still accepted, which then ends at once')
    .allowExcessArguments()
    .addHelpText('after', `\nExample:\n  pbpaste | ${INVOCATION} secret set scalekit`)
    .action(set);
  add('rotate', 'Issue a new secret, tell the provider, test it and make it the current one.')
    .addHelpText('after', '\nTakes about a minute. For sources with a rotation in lib/config.ts.')
    .action(rotate);
  add('revoke', 'Stop accepting the previous secret now, before its overlap is over.').action(revoke);
}

async function show(name: string, options: Options): Promise<void> {
  const { source, connection } = await sourceAt(name, options);
  const stored = await readCurrent(connection, source);
  const since = stored.createdAt?.toISOString() ?? null;
  if (options.json) {
    printJson({ source: source.name, name: stored.name, value: stored.value, createdAt: since });
  } else {
    print(stored.value);
    if (process.stdout.isTTY) remark(`${stored.name}, current since ${since ?? 'an unknown time'}`);
  }
}

async function set(name: string, options: SetOptions, command: Command): Promise<void> {
  if (command.args.length > 1) {
    throw usage(
      'The secret is not an argument, which shells keep and other users see: type it when asked, pipe it in, or name its file with --file.',
    );
  }
  const { source, connection } = await sourceAt(name, options);
  if (options.credential) {
    const token = await readSecret(`What the API of ${source.provider} is called with: `, options.file);
    const stored = await putCredential(connection, source, token);
    if (options.json) printJson({ source: source.name, name: stored });
    else print(`${stored} has a new value.`);
    return;
  }
  const value = await readSecret(`Secret that ${source.provider} signs ${source.name} with: `, options.file);
  checkUsable(source, value);
  if (!options.anyway) await checkNothingEnds(connection, source);
  const stored = await putCurrent(connection, source, value);
  const hours = source.secretOverlapSeconds / 3600;
  if (options.json) printJson({ source: source.name, name: stored, previousAcceptedHours: hours });
  else {
    print(`${stored} has a new value. The one before is accepted for ${hours} h more.`);
    print('The gateway reads it when a delivery does not match, at most once a minute.');
  }
}

async function rotate(name: string, options: Options): Promise<void> {
  const { source, connection } = await sourceAt(name, options);
  const version = await rotateNow(connection, source);
  const hours = source.secretOverlapSeconds / 3600;
  if (options.json) printJson({ source: source.name, version, previousAcceptedHours: hours });
  else
    print(`${source.provider} signs ${source.name} with a new secret. The one before is accepted for ${hours} h more.`);
}

async function revoke(name: string, options: Options): Promise<void> {
  const { source, connection } = await sourceAt(name, options);
  const revoked = await revokePrevious(connection, source);
  if (options.json) printJson({ source: source.name, revoked });
  else if (revoked) {
    print(`The previous secret of ${source.name} is revoked.`);
    print('The gateway refuses what it signs within a minute; a sandbox that slept through the rotation within ten.');
  } else print(`${source.name} has no previous secret.`);
}

async function status(name: string, options: Options): Promise<void> {
  const { source, connection } = await sourceAt(name, options);
  const now = Date.now();
  const found = await statusOf(connection, source, now);
  if (options.json) printJson({ source: source.name, ...found });
  else printStatus(source, found, now);
}

function printStatus(source: Source, found: SecretStatus, now: number): void {
  const ago = (time: string | null) => (time === null ? '' : `${span(now - Date.parse(time))} ago`);
  print(found.name);
  print(
    table(
      ['STAGE', 'FINGERPRINT', 'SET', 'ACCEPTED'],
      found.versions.map(({ stage, fingerprint, since, accepted, acceptedUntil }) => [
        stage,
        fingerprint ?? 'no value yet',
        ago(since),
        acceptedUntil === undefined || !accepted
          ? accepted
            ? 'yes'
            : 'no'
          : `for ${span(Date.parse(acceptedUntil) - now)} more`,
      ]),
    ),
  );
  const previous = found.versions.find(({ stage }) => stage === 'AWSPREVIOUS');
  if (previous?.accepted) {
    const used = found.previousLastUsed === null ? 'not used since' : `last used ${ago(found.previousLastUsed)}`;
    print(
      found.safeToRetire
        ? `old secret ${used}, safe to retire: ${INVOCATION} secret revoke ${source.name}`
        : `old secret ${used}, not yet safe to retire`,
    );
  }
  if (found.nextRotation !== null) print(`next rotation in ${span(Date.parse(found.nextRotation) - now)}`);
}

async function sourceAt(name: string, options: Options): Promise<{ source: Source; connection: Connection }> {
  const source = sourceNamed(name, await sourcesOf(options.stage));
  return { source, connection: connect(options, process.env) };
}

/**
 * Secrets Manager keeps one previous version: a third secret within an overlap ends the first at once. The one that was
 * generated at the deployment may end: nobody signs with it.
 */
async function checkNothingEnds(connection: Connection, source: Source): Promise<void> {
  const { versions } = await storedOf(connection, source, Date.now());
  const previous = versions.find(({ stage }) => stage === 'AWSPREVIOUS');
  if (!previous?.accepted || previous.placeholder) return;
  throw new Failure(
    `The secret before the current one is accepted until ${previous.acceptedUntil ?? 'later'}, and would end now: deliveries that it signed would be refused. Wait, or give --anyway, if the current one was a mistake for example.`,
  );
}

/** A secret that the verifier could not use would turn every delivery away. */
function checkUsable(source: Source, value: string): void {
  const provider = providers.get(source.provider);
  if (!provider) throw new Failure(`Source ${source.name} names the provider ${source.provider}, which there is not.`);
  if (compile(provider).secrets([value]).usable > 0) return;
  throw new Failure(`That is no secret of ${provider.title}: expected ${describeKey(provider.scheme.key)}.`);
}
