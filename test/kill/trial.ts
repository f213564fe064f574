import { setTimeout as sleep } from 'node:timers/promises';
import { seeded } from '../faults/random.ts';
import { Gateway } from '../support/trial/gateway.ts';
import { watchBacklog } from './backlog.ts';
import { type Finding, judge } from './history.ts';
import { Simulator } from './simulator.ts';
import { untilDrained } from './drain.ts';
import { kill, victimsOf } from '../support/trial/victims.ts';

export interface TrialOptions {
  readonly data: string;
  readonly kills: number;
  readonly deliveries: number;
  readonly seed: number;
  readonly report: (line: string) => void;
}

export interface TrialResult extends Finding {
  readonly kills: KillCounts;
  readonly deliveries: number;
  /** Tries again on top of these, after the last new event. */
  readonly afterwards: number;
  readonly duplicates: number;
  readonly retries: number;
  readonly unanswered: number;
  readonly seconds: number;
}

/** Each is a SIGKILL that hit a living process of the gateway. */
export interface KillCounts {
  /** The host: its watchdog then kills the services and every sandbox. */
  host: number;
  /** The host, the services and every sandbox in one moment, as at a power cut. */
  everything: number;
  /** One sandbox in the middle of an invocation, or of its initialisation. */
  awake: number;
  /** One sandbox while it was frozen. */
  frozen: number;
}

/** Of ten kills in a row: eight end one sandbox, two end the host. */
const TEN_KILLS: readonly ('sandbox' | 'host' | 'everything')[] = [
  ...Array.from({ length: 8 }, () => 'sandbox' as const),
  'host',
  'everything',
];
const CLIENTS = 16;
const MOST_WAITING = 1_000;
const REPORT_EVERY_MS = 15_000;

export async function runTrial({ data, kills, deliveries, seed, report }: TrialOptions): Promise<TrialResult> {
  const began = performance.now();
  const elapsed = () => (performance.now() - began) / 1000;
  const random = seeded(seed);
  const counts: KillCounts = { host: 0, everything: 0, awake: 0, frozen: 0 };
  const killed = () => counts.host + counts.everything + counts.awake + counts.frozen;
  const gateway = await Gateway.start(data);
  const backlog = watchBacklog(() => gateway.host, MOST_WAITING);
  try {
    const simulator = new Simulator({
      port: gateway.port,
      secrets: {
        scalekit: await gateway.secret('scalekit'),
        inkress: await gateway.secret('inkress'),
        skribby: await gateway.secret('skribby'),
      },
      random: seeded(seed + 1),
      deliveries,
      clients: CLIENTS,
      whenUp: gateway.whenUp,
      holdsOn: backlog.isLong,
    });
    const progress = () =>
      report(
        `${elapsed().toFixed(0)} s: ${killed()} kills, ${simulator.delivered} deliveries, ${simulator.retries} retries`,
      );
    const timer = setInterval(progress, REPORT_EVERY_MS);
    const sent = simulator.run();
    let sending = true;
    void sent.finally(() => (sending = false));

    // The last kill is of everything, after the last delivery: what then is in flight must come through too.
    const moments = Array.from({ length: kills - 1 }, () => random() * deliveries).sort((a, b) => a - b);
    let kinds: (typeof TEN_KILLS)[number][] = [];
    for (const moment of moments) {
      while (sending && simulator.delivered < moment) await sleep(2);
      await sleep(random() * 20);
      if (kinds.length === 0) kinds = [...TEN_KILLS];
      const [kind] = kinds.splice(Math.floor(random() * kinds.length), 1);
      if (kind === 'sandbox') await killSandbox();
      else await killHost(kind === 'everything');
    }
    await sent;
    await backlog.end();
    await killHost(true);
    clearInterval(timer);
    progress();

    const drained = await untilDrained(gateway.host, simulator.events, (line) =>
      report(`${elapsed().toFixed(0)} s: ${line}`),
    );
    return {
      ...judge(simulator.events, drained),
      kills: counts,
      deliveries: simulator.delivered,
      afterwards: simulator.afterwards,
      duplicates: simulator.duplicates,
      retries: simulator.retries,
      unanswered: simulator.unanswered,
      seconds: elapsed(),
    };
  } finally {
    await backlog.end();
    await gateway.stop();
  }

  async function killHost(everything: boolean): Promise<void> {
    counts[everything ? 'everything' : 'host']++;
    await gateway.killHost(everything);
  }

  /** Any sandbox, rather one that is at work. Waits for one to live, so that every kill has its victim. */
  async function killSandbox(): Promise<void> {
    for (;;) {
      const sandboxes = victimsOf(gateway.pid).filter(({ kind }) => kind === 'sandbox');
      const awake = sandboxes.filter((victim) => victim.awake);
      const chosen = awake.length > 0 && random() < 0.8 ? awake : sandboxes;
      const victim = chosen[Math.floor(random() * chosen.length)];
      if (victim && kill(victim.pid)) return void counts[victim.awake ? 'awake' : 'frozen']++;
      await sleep(20);
    }
  }
}
