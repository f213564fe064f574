import type { Command } from 'commander';
import { compile } from '../../lambdas/core/scheme/compile.ts';
import { providers } from '../../lambdas/providers/index.ts';
import { Failure } from '../failure.ts';
import { describeKey } from '../facts.ts';
import { call, type HttpAnswer } from '../http.ts';
import { readKey, readSecretOption } from '../key-options.ts';
import { withJson } from '../options.ts';
import { INVOCATION, print, printJson } from '../print.ts';
import { table } from '../table.ts';
import { type Trial, trialsOf } from '../trials.ts';
import { unknownProvider } from './providers.ts';

interface Options {
  readonly url: string;
  readonly provider: string;
  readonly secret?: string;
  readonly key?: string;
  readonly signedUrl?: string;
  readonly json?: true;
}

interface Judged {
  readonly delivery: string;
  readonly expected: 'accepted' | 'refused';
  readonly status: number;
  readonly result: 'right' | 'wrongly accepted' | 'wrongly refused' | 'failed';
}

export function addConformance(program: Command): void {
  const command = program
    .command('conformance')
    .summary('send good and broken deliveries to any receiver and say which it gets wrong')
    .description(
      'Send the good and the broken deliveries of a provider to any receiver, and say which it wrongly accepts or refuses. The good ones are signed events: the receiver may act on them.',
    )
    .requiredOption('--url <url>', 'where the receiver takes webhooks')
    .requiredOption('--provider <name>', 'whose deliveries')
    .option(
      '--secret <secret>',
      'the secret that the receiver has; with - or without it you are asked, and no shell keeps it',
    )
    .option('--key <file>', 'private key (PEM), for providers that sign with one')
    .option('--signed-url <url>', 'the URL the receiver believes it has, for providers that sign it')
    .addHelpText(
      'after',
      `\nExample:\n  ${INVOCATION} conformance --url http://127.0.0.1:3000/hooks --provider stripe --secret whsec_test`,
    );
  withJson(command).action(conformance);
}

async function conformance(options: Options): Promise<void> {
  const provider = providers.get(options.provider);
  if (!provider) throw unknownProvider(options.provider);
  const secret = await readSecretOption(options.secret);
  const key = readKey(options.key);
  if (key === undefined && compile(provider).secrets([secret]).usable === 0) {
    throw new Failure(`That is no secret of ${provider.title}: expected ${describeKey(provider.scheme.key)}.`);
  }
  const url = options.signedUrl ?? options.url;
  const judged: Judged[] = [];
  for (const trial of trialsOf(provider, { target: options.url, url, secret, key, now: Date.now() })) {
    judged.push(judge(trial, await call(trial.request)));
  }
  const wrong = judged.filter(({ result }) => result !== 'right').length;
  const trusted = judged[0]?.result === 'right';
  if (options.json) {
    printJson({ provider: provider.name, url: options.url, deliveries: judged, right: judged.length - wrong, wrong });
  } else {
    print(
      table(
        ['ANSWER', 'RESULT', 'DELIVERY'],
        judged.map((one) => [String(one.status), one.result, one.delivery]),
      ),
    );
    if (!trusted)
      print('\nThe first delivery must be accepted: while secret or URL are wrong, a refusal proves nothing.');
    print(`\n${judged.length - wrong} right, ${wrong} wrong`);
  }
  if (wrong > 0) process.exitCode = 1;
}

/** Only a 4xx refuses: a 5xx says that the receiver broke, and the provider would send it again and again. */
function judge({ name, expected }: Trial, { status }: HttpAnswer): Judged {
  const said = status >= 200 && status < 300 ? 'accepted' : status >= 400 && status < 500 ? 'refused' : 'failed';
  const result = said === expected ? 'right' : said === 'failed' ? 'failed' : (`wrongly ${said}` as const);
  return { delivery: name, expected, status, result };
}
