import { readdirSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { ASSUMED, costOf, type Prices } from '../cost.ts';
import { causeOf, Failure } from '../failure.ts';
import { sourcesOf } from '../gateway.ts';
import { withJson } from '../options.ts';
import { INVOCATION, print, printJson } from '../print.ts';
import { countStack, type Resource } from '../stack-counts.ts';
import { table } from '../table.ts';

interface Options {
  readonly stage: string;
  readonly volume: number;
  readonly template?: string;
  readonly json?: true;
}

const PRICES = resolve(import.meta.dirname, '..', 'prices');

export function addCost(program: Command): void {
  const command = program
    .command('cost')
    .summary('what a stage costs at a volume')
    .description('What a stage costs a month and a million webhooks, from its own template and dated list prices.')
    .option('--stage <stage>', 'the stage', 'prod')
    .requiredOption('--volume <count>', 'webhooks a month: 500k, 10M, 1B', volume)
    .option('--template <file>', 'its CloudFormation template (default: cdk.out/hookgate-<stage>.template.json)')
    .addHelpText(
      'after',
      `
List prices without a free tier. What is not in a template is assumed, and printed with --json.

Example:
  npm run synth && ${INVOCATION} cost --volume 10M`,
    );
  withJson(command).action(cost);
}

async function cost(options: Options): Promise<void> {
  const file = options.template ?? resolve('cdk.out', `hookgate-${options.stage}.template.json`);
  const stack = countStack([file, ...nestedIn(file)].map(resourcesIn));
  const sources = (await sourcesOf(options.stage)).length;
  const prices = newestPrices();
  const { dollarsPerMonth, dollarsPerMillion, lines, levers } = costOf(stack, sources, options.volume, prices);
  const of = { stage: options.stage, volume: options.volume, region: prices.region, pricesOf: prices.date };
  if (options.json) {
    const from = { sources, stack, assumed: ASSUMED, prices };
    return printJson({ ...of, dollarsPerMonth, dollarsPerMillion, lines, levers, ...from });
  }
  const rows = [...lines]
    .sort((a, b) => b.dollarsPerMonth - a.dollarsPerMonth)
    .map(({ what, from, dollarsPerMonth: dollars }) => [
      what,
      dollars.toFixed(2),
      (dollars / (options.volume / 1_000_000)).toFixed(2),
      from,
    ]);
  print(table(['WHAT', '$ A MONTH', '$ A MILLION', 'FROM'], rows));
  print(
    `\n$${dollarsPerMonth.toFixed(2)} a month, $${dollarsPerMillion.toFixed(2)} a million; list prices of ${prices.region}, ${prices.date}.`,
  );
  if (levers.length > 0) print('\nWhat would save most:');
  for (const { change, savesPerMonth } of levers) print(`  $${savesPerMonth.toFixed(2)} a month: ${change}`);
}

/** The templates of nested stacks are files among the stack's assets, which CDK lists beside it. */
function nestedIn(file: string): readonly string[] {
  const manifest = file.replace(/\.template\.json$/, '.assets.json');
  let text: string;
  try {
    text = manifest === file ? '{}' : readFileSync(manifest, 'utf8');
  } catch {
    // A template by itself, from somewhere else.
    return [];
  }
  const { files = {} } = JSON.parse(text) as {
    readonly files?: Readonly<Record<string, { readonly source: { readonly path?: string } }>>;
  };
  return Object.values(files).flatMap(({ source: { path = '' } }) =>
    path.endsWith('.nested.template.json') ? [resolve(dirname(file), path)] : [],
  );
}

function resourcesIn(file: string): Readonly<Record<string, Resource>> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Failure(`${file} can't be read (${causeOf(error)}): run \`npm run synth\` first, or name a --template.`);
  }
  try {
    const { Resources } = JSON.parse(text) as { readonly Resources?: Readonly<Record<string, Resource>> };
    if (Resources) return Resources;
  } catch {
    // Said below.
  }
  throw new Failure(`${file} is no CloudFormation template in JSON.`);
}

/** The file names end in their dates. */
function newestPrices(): Prices {
  const newest = readdirSync(PRICES)
    .sort((a, b) => (a.slice(-15) < b.slice(-15) ? -1 : 1))
    .at(-1);
  if (newest === undefined) throw new Failure(`${PRICES} has no price file.`);
  return JSON.parse(readFileSync(resolve(PRICES, newest), 'utf8')) as Prices;
}

function volume(text: string): number {
  const [, digits = '', unit = ''] = /^([0-9]{1,6}(?:\.[0-9]{1,3})?)([kMB]?)$/.exec(text) ?? [];
  const factor = { '': 1, k: 1e3, M: 1e6, B: 1e9 }[unit] ?? NaN;
  const value = Number(digits || 'NaN') * factor;
  if (value >= 1) return value;
  throw new InvalidArgumentError('It is a count of webhooks a month, like 500k or 10M.');
}
