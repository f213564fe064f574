import type { Command } from 'commander';
import { providers as registry } from '../../lambdas/providers/index.ts';
import { type Facts, factsOf } from '../facts.ts';
import { usage } from '../failure.ts';
import { inert } from '../inert.ts';
import { nearest } from '../nearest.ts';
import { withJson } from '../options.ts';
import { print, printJson } from '../print.ts';
import { listing, table } from '../table.ts';

export function addProviders(program: Command): void {
  const command = program
    .command('providers')
    .summary('list the providers, or show what is known of one')
    .description('List the providers that Hookgate verifies, or show what is known of one.')
    .argument('[name]', 'a provider of lambdas/providers');
  withJson(command).action(providers);
}

function providers(name: string | undefined, options: { readonly json?: true }): void {
  if (name === undefined) {
    const facts = [...registry.values()].map(factsOf);
    if (options.json) printJson(facts);
    else print(table(TITLES, facts.map(row)));
    return;
  }
  const provider = registry.get(name);
  if (!provider) throw unknownProvider(name);
  const facts = factsOf(provider);
  if (options.json) printJson(facts);
  else print(page(facts));
}

export function unknownProvider(name: string) {
  const close = nearest(name, [...registry.keys()]);
  const guess = close.length > 0 ? `Did you mean ${close.join(' or ')}? ` : '';
  return usage(`There is no provider ${inert(name, 100)}. ${guess}\`providers\` lists all ${registry.size}.`);
}

const TITLES = ['NAME', 'ALGORITHM', 'STRENGTH', 'ID', 'TIME', 'REDELIVERS'];

function row({ name, algorithm, strength, id, idSigned, timestamp, redelivers }: Facts): readonly string[] {
  const idWord = id.length === 0 ? 'none' : idSigned ? 'signed' : 'unsigned';
  return [name, algorithm, strength, idWord, timestamp === null ? '-' : 'yes', redelivers ? 'yes' : 'no'];
}

function page(facts: Facts): string {
  return listing([
    ['provider', `${facts.name} (${facts.title})`],
    ['algorithm', facts.algorithm],
    ['signs', facts.signs],
    ['signature', facts.signature],
    ['secret', facts.secret],
    ...Object.entries(facts.settings).map(([label, what]) => ['setting', `${label}: ${what}`] as const),
    ['time', facts.timestamp],
    ['strength', facts.strength],
    ...facts.weakness.map((weakness) => ['', weakness] as const),
    ['event id', facts.id.length === 0 ? 'none' : `${facts.id.join(', else ')}${facts.idSigned ? '' : ' (unsigned)'}`],
    ['event type', facts.type.join(', else ')],
    ['order key', facts.orderKey.length === 0 ? null : facts.orderKey.join(', else ')],
    ['duplicates', `recognised by ${facts.recognisesDuplicatesBy}`],
    ['redelivers', facts.redelivers ? 'yes' : 'no: what is not kept at the first delivery is lost'],
    ['timeout', facts.timeoutSeconds === null ? null : `${facts.timeoutSeconds} s`],
    ['answered', facts.acknowledges],
    ...facts.handshakes.map((handshake) => ['handshake', handshake] as const),
    ['confirmation', facts.confirmation],
    ...facts.addresses.map((address) => ['address', address] as const),
    ...facts.sources.map((source) => ['source', source] as const),
    ...facts.unchecked.map((unchecked) => ['unchecked', unchecked] as const),
  ]);
}
