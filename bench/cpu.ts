import { readdirSync, readFileSync } from 'node:fs';

/** Processor seconds so far, by what a process does. */
export type CpuSeconds = ReadonlyMap<string, number>;

/** Linux counts processor time in hundredths of a second. */
const TICKS_PER_SECOND = 100;

/** The processor time of a host and its children, from `/proc`; empty on other systems. */
export function cpuByProcess(host: number): CpuSeconds {
  const seconds = new Map<string, number>();
  for (const pid of processes()) {
    if (pid !== host && Number(statOf(pid)[1]) !== host) continue;
    const name = pid === host ? 'gateway, mappings (host)' : nameOf(pid);
    seconds.set(name, (seconds.get(name) ?? 0) + cpuOf(pid));
  }
  return seconds;
}

/** Processor seconds of one process, of all its threads. */
export function cpuOf(pid: number): number {
  const fields = statOf(pid);
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** The environment of a function that a host has started; undefined when none with that in its name runs. */
export function environmentOf(host: number, named: string): Readonly<Record<string, string>> | undefined {
  for (const pid of processes()) {
    if (Number(statOf(pid)[1]) !== host) continue;
    const lines = read(`/proc/${pid}/environ`)
      .split('\0')
      .filter((line) => line.includes('='));
    const environment = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    if (environment['AWS_LAMBDA_FUNCTION_NAME']?.includes(named)) return environment;
  }
  return undefined;
}

/** From the third field on: the second, the name, is in parentheses and may hold anything. */
function statOf(pid: number): readonly string[] {
  const stat = read(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function nameOf(pid: number): string {
  if (read(`/proc/${pid}/cmdline`).includes('services.ts')) return 'DynamoDB, SQS, secrets (services)';
  return /AWS_LAMBDA_FUNCTION_NAME=([^\0]+)/.exec(read(`/proc/${pid}/environ`))?.[1] ?? `process ${pid}`;
}

function processes(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // It ended, or this is not Linux.
    return '';
  }
}
