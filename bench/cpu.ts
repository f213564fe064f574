import { readdirSync, readFileSync } from 'node:fs';

/** Processor seconds so far, by what a process does. */
export type CpuSeconds = ReadonlyMap<string, number>;

/** Linux counts processor time in hundredths of a second. */
const TICKS_PER_SECOND = 100;

/** The processor time of a host and its children, from `/proc`; empty on other systems. */
export function cpuByProcess(host: number): CpuSeconds {
  const seconds = new Map<string, number>();
  for (const pid of processes()) {
    const stat = read(`/proc/${pid}/stat`);
    // The second field, the name, is in parentheses and may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (pid !== host && Number(fields[1]) !== host) continue;
    const name = pid === host ? 'gateway, mappings (host)' : nameOf(pid);
    const own = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    seconds.set(name, (seconds.get(name) ?? 0) + own);
  }
  return seconds;
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
