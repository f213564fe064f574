import { execFileSync } from 'node:child_process';

/** A process below the host's. */
export interface Victim {
  readonly pid: number;
  readonly kind: 'sandbox' | 'services';
  /** In the middle of an invocation or of its initialisation; else frozen. */
  readonly awake: boolean;
}

/** The processes that a host has started, from the system's own list. */
export function victimsOf(hostPid: number): readonly Victim[] {
  const list = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,state=,args='], { encoding: 'utf8' });
  return list.split('\n').flatMap((line): Victim[] => {
    const [, pid, parent, state = '', command = ''] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (Number(parent) !== hostPid) return [];
    if (command.includes('aws-lambda-ric')) return [{ pid: Number(pid), kind: 'sandbox', awake: !/^[TZ]/.test(state) }];
    if (command.includes('services.ts')) return [{ pid: Number(pid), kind: 'services', awake: true }];
    return [];
  });
}

/** False when it was gone already: nobody was killed. */
export function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}
