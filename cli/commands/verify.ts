import { type Command, InvalidArgumentError } from 'commander';
import type { Provider } from '../../lambdas/core/scheme/provider.ts';
import type { Verdict } from '../../lambdas/core/verdict.ts';
import { providers } from '../../lambdas/providers/index.ts';
import { writeDeclaration } from '../declaration.ts';
import { usage } from '../failure.ts';
import { type Guess, guess } from '../guess.ts';
import { inert } from '../inert.ts';
import { readSecretOption } from '../key-options.ts';
import { asDelivery, candidatesFor, examine, type Examined, masked } from '../lab.ts';
import { withJson } from '../options.ts';
import { INVOCATION, print, printJson } from '../print.ts';
import { REASONS, REENCODINGS } from '../reasons.ts';
import { readRequestFile } from '../request-file.ts';
import { listing } from '../table.ts';
import { unknownProvider } from './providers.ts';

interface Options {
  readonly secret?: readonly string[];
  readonly provider?: string;
  readonly explain?: true;
  readonly guess?: true;
  readonly url?: string;
  readonly at?: number;
  readonly json?: true;
}

export function addVerify(program: Command): void {
  const command = program
    .command('verify')
    .summary('judge a captured request and say why')
    .description('Judge a captured request as the gateway would: what was signed, what was expected, why it failed.')
    .argument('<request>', 'the request as HTTP text (.http) or a curl command; - reads it from standard input')
    .option(
      '--secret <secret>',
      'the secret, several times for several; without it you are asked, and no shell keeps it',
      collect,
    )
    .option('--provider <name>', 'whose request it is; otherwise told by its headers')
    .option('--explain', 'show which bytes were signed and what was expected')
    .option('--guess', 'try every provider and ways of signing, and print the declaration that verifies it')
    .option('--url <url>', 'the URL configured at the provider, for those that sign it')
    .option('--at <time>', 'judge its age at this time (ISO 8601 or Unix seconds) instead of now', instant)
    .addHelpText(
      'after',
      `\nExample:\n  ${INVOCATION} verify --explain request.http --secret whsec_test --provider stripe`,
    );
  withJson(command).action(verify);
}

function collect(secret: string, before: readonly string[] = []): readonly string[] {
  return [...before, secret];
}

function instant(text: string): number {
  const time = /^[0-9]{10}$/.test(text) ? Number(text) * 1000 : Date.parse(text);
  if (Number.isNaN(time)) throw new InvalidArgumentError('It is a time like 2026-01-02T03:04:05Z or 1767323045.');
  return time;
}

async function verify(path: string, options: Options): Promise<void> {
  const chosen = options.provider === undefined ? undefined : providers.get(options.provider);
  if (options.provider !== undefined && !chosen) throw unknownProvider(options.provider);
  const request = readRequestFile(path);
  if (path === '-' && options.secret === undefined) throw usage('Give --secret when the request is standard input.');
  const secrets = options.secret ?? [await readSecretOption(undefined)];
  const now = options.at ?? Date.now();
  const delivery = asDelivery(request, now);

  const found = options.guess ? await guess(delivery, secrets, providers.values(), options.url) : undefined;
  const [likely, ...others] = chosen
    ? [chosen]
    : [...(found?.providers ?? []), ...candidatesFor(delivery, providers.values())];
  const examined = likely && (await best(likely, others, (one) => examine(one, delivery, secrets, now, options.url)));
  if (!examined && !found) {
    throw usage('No provider signs with the headers of this request. Name one with --provider, or try --guess.');
  }
  const text = options.json
    ? () => printJson(maskedValue(asJson(examined, found, request.notes), secrets))
    : () => print(masked([...request.notes, ...tell(examined, found, others, options)].join('\n'), secrets));
  text();
  const verified = examined?.verdict.outcome === 'verified' || examined?.verdict.outcome === 'handshake';
  const guessed = found !== undefined && found.providers.length + found.declarations.length > 0;
  if (!verified && !guessed) process.exitCode = 1;
}

/** The first provider that verifies it; if none does, the likeliest. */
async function best(
  likely: Provider,
  others: readonly Provider[],
  look: (provider: Provider) => Promise<Examined>,
): Promise<Examined> {
  const first = await look(likely);
  if (first.verdict.outcome !== 'rejected' || first.apartFromAge) return first;
  for (const other of others) {
    const next = await look(other);
    if (next.verdict.outcome !== 'rejected' || next.apartFromAge) return next;
  }
  return first;
}

function tell(
  examined: Examined | undefined,
  found: Guess | undefined,
  others: readonly Provider[],
  options: Options,
): readonly string[] {
  const paragraphs: string[] = [];
  if (examined) paragraphs.push(listing(rows(examined, options.explain === true)));
  const names = new Set(others.map(({ name }) => name).filter((name) => name !== examined?.provider.name));
  if (examined?.verdict.outcome === 'rejected' && names.size > 0) {
    paragraphs.push(`The same headers are signed by: ${[...names].join(', ')}. Name one with --provider.`);
  }
  // Names of headers come from the request.
  if (found) paragraphs.push(...tellGuess(found).map((paragraph) => paragraph.split('\n').map(shown).join('\n')));
  return [paragraphs.join('\n\n')];
}

function shown(line: string): string {
  return inert(line);
}

const LOSSY =
  'The body has U+FFFD, which decoders write for bytes they can’t read: unless the provider sent it, the body that was signed is lost. Capture the raw bytes.';

function rows(examined: Examined, whole: boolean): Parameters<typeof listing>[0] {
  const { provider, verdict, reencoding, signed, received, expected, timestamp } = examined;
  const reason = examined.reason ?? ('reason' in verdict ? verdict.reason : undefined);
  const rows: [string, string | null][] = [
    ['provider', `${provider.name} (${provider.title})`],
    ['verdict', describe(verdict, reason)],
    ['', reason ? REASONS[reason] : null],
    ['', reencoding ? `Here ${REENCODINGS[reencoding]}.` : null],
    ['', examined.lossy ? LOSSY : null],
    ['', examined.apartFromAge === undefined ? null : apart(examined.apartFromAge)],
  ];
  if (timestamp) rows.push(['time', `${timestamp.text}${age(timestamp.ageSeconds)}`]);
  if (!whole) return rows;
  for (const [index, { place, text }] of signed.entries()) {
    rows.push([index === 0 ? 'signed' : '', place === JSON.stringify(text) ? place : `${place}: ${text}`]);
  }
  for (const text of received) rows.push(['received', text]);
  for (const text of expected) rows.push(['expected', text]);
  for (const { name, claimed, expected: right, holds } of examined.claims ?? []) {
    const differs = holds ? '' : `, expected ${right ?? '(absent)'}`;
    rows.push(['claim', `${name}: ${claimed ?? '(absent)'}${differs}`]);
  }
  return rows;
}

function describe(verdict: Verdict, reason: string | undefined): string {
  if (verdict.outcome === 'verified') {
    const { id, type, strength } = verdict.event;
    return `verified${strength === 'weak' ? ', but weak: the body is not signed' : ''}: ${type}${id === undefined ? '' : ` ${id}`}`;
  }
  return reason === undefined ? verdict.outcome : `${verdict.outcome}: ${reason}`;
}

function apart(right: boolean): string {
  return right ? 'Apart from its age it is right.' : 'Its signature is wrong besides.';
}

function age(seconds: number | undefined): string {
  if (seconds === undefined) return '';
  return seconds < 0 ? ` (${-seconds} s ahead)` : ` (${seconds} s old)`;
}

function tellGuess({ providers: declared, declarations }: Guess): readonly string[] {
  const names = declared.map(({ name }) => name).join(', ');
  const first = names === '' ? 'No declared provider verifies it.' : `Declared providers that verify it: ${names}`;
  const [likeliest, ...more] = declarations;
  if (!likeliest) return [first, 'No combination of keys, contents and signatures that was tried verifies it either.'];
  const further = more.length > 0 ? ` (${more.length} others do too)` : '';
  const lead = `This one verifies it${further}. Check id and type, then keep it as lambdas/providers/mine.ts:`;
  return [first, lead, writeDeclaration(likeliest)];
}

function asJson(examined: Examined | undefined, found: Guess | undefined, notes: readonly string[]): unknown {
  return {
    notes,
    ...(examined && { ...examined, provider: examined.provider.name }),
    ...(found && {
      guess: {
        providers: found.providers.map(({ name }) => name),
        declarations: found.declarations.map(writeDeclaration),
      },
    }),
  };
}

function maskedValue(value: unknown, secrets: readonly string[]): unknown {
  return JSON.parse(JSON.stringify(value), (_, inner: unknown) =>
    typeof inner === 'string' ? masked(inner, secrets) : inner,
  );
}
