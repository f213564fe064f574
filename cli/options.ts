import { type Command, InvalidArgumentError } from 'commander';
import { LOCAL_STAGE } from './connection.ts';

/** Where Hookgate is: for every command that talks to one. */
export function withConnection(command: Command): Command {
  return withStage(command).option(
    '--url <url>',
    'where it listens (default: the local host; HOOKGATE_URL for another stage)',
  );
}

export function withStage(command: Command): Command {
  return command.option('--stage <stage>', 'the stage; other than local it is called on AWS', LOCAL_STAGE);
}

export function withJson(command: Command): Command {
  return command.option('--json', 'print JSON');
}

/** @returns a parser of a whole number within the bounds, for commander. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^[0-9]{1,9}$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`);
  };
}

/** A time that a person writes, as ISO 8601 with its zone. */
export function isoTime(text: string): string {
  const at = /^[0-9]{4}-[0-9]{2}-[0-9]{2}/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(at)) throw new InvalidArgumentError('It is a time like 2026-11-22T08:00:00Z.');
  return new Date(at).toISOString();
}
