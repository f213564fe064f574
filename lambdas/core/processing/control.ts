import { type Breaker, mappingMode, type MappingMode, UNTOUCHED } from './breaker.ts';
import type { Breakers, Clock } from '../ports.ts';
import { DEAD_LETTER_CONCURRENCY } from './retry.ts';

/** How Lambda brings a queue's messages to a function: the part of an event source mapping that is set here. */
export interface MappingSettings {
  readonly enabled: boolean;
  /** Batches at once; says nothing where it is not enabled. */
  readonly maximumConcurrency: number;
}

export interface Mappings {
  /** Undefined while an earlier change is still on its way. */
  read(id: string): Promise<MappingSettings | undefined>;
  update(id: string, settings: MappingSettings): Promise<void>;
}

/** A route with the mappings of its queue and its dead letters. */
export interface ControlledRoute {
  /** `<source>/<route>` */
  readonly route: string;
  /** The main queue's; then its dead letters', where they are tried by themselves. */
  readonly mappings: readonly string[];
  /** Of the main queue, as configured. */
  readonly maximumConcurrency: number;
}

export interface ControlPorts {
  readonly breakers: Breakers;
  readonly mappings: Mappings;
  readonly clock: Clock;
  readonly report: (route: string, what: ControlReport) => void;
}

export type ControlReport =
  | { readonly kind: 'open' | 'paused'; readonly breaker: Breaker }
  | { readonly kind: 'set'; readonly mode: MappingMode }
  | { readonly kind: 'drift'; readonly mapping: string; readonly found: MappingSettings }
  | { readonly kind: 'failed'; readonly error: unknown };

/** The least that Lambda takes. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html */
const PROBING_CONCURRENCY = 2;
/** Lambda answers 900 reads of mappings in a minute, for a whole account; these are two each. */
const ROUTES_SEEN_A_MINUTE = 100;
const MINUTE_MS = 60_000;

/**
 * Sets each route's mappings as its breaker wants them, so that an open route is not even read: every receive of a
 * message counts towards its dead letters. Returns how many routes could not be seen to; the next run does.
 *
 * In a stage of very many routes those that are well are seen to in turns, some each minute.
 * @param routesOfStage these and those of other controllers
 */
export async function control(
  routes: readonly ControlledRoute[],
  ports: ControlPorts,
  routesOfStage = routes.length,
): Promise<number> {
  const turns = Math.max(1, Math.ceil(routesOfStage / ROUTES_SEEN_A_MINUTE));
  const turn = Math.floor(ports.clock.now() / MINUTE_MS) % turns;
  let failed = 0;
  // One after the other: Lambda takes 15 requests a second of this kind from a whole account
  // (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html#api-requests).
  for (const [at, route] of routes.entries()) {
    try {
      await controlRoute(route, ports, at % turns === turn);
    } catch (error) {
      failed++;
      ports.report(route.route, { kind: 'failed', error });
    }
  }
  return failed;
}

async function controlRoute(route: ControlledRoute, ports: ControlPorts, hasTurn: boolean): Promise<void> {
  const breaker = (await ports.breakers.read(route.route)) ?? UNTOUCHED;
  if (breaker.state !== 'CLOSED') ports.report(route.route, { kind: 'open', breaker });
  if (breaker.pausedAt !== undefined) ports.report(route.route, { kind: 'paused', breaker });

  const mode = mappingMode(breaker, ports.clock.now());
  const before = breaker.mapping ?? 'configured';
  if (!hasTurn && mode === 'configured' && mode === before) return;
  let settled = true;
  for (const [at, id] of route.mappings.entries()) {
    const configured = at === 0 ? route : { maximumConcurrency: DEAD_LETTER_CONCURRENCY };
    const [wanted, left] = [settingsOf(mode, configured), settingsOf(before, configured)];
    settled = (await setMapping(id, wanted, left, route, ports)) && settled;
  }
  if (mode === before || !settled) return;
  await ports.breakers.noteMapping(route.route, mode);
  ports.report(route.route, { kind: 'set', mode });
}

/** True when the mapping is as wanted now. */
async function setMapping(
  id: string,
  wanted: MappingSettings,
  before: MappingSettings,
  { route }: ControlledRoute,
  { mappings, report }: ControlPorts,
): Promise<boolean> {
  const found = await mappings.read(id);
  if (!found) return false;
  if (same(found, wanted)) return true;
  if (!same(found, before)) report(route, { kind: 'drift', mapping: id, found });
  await mappings.update(id, wanted);
  return true;
}

export function settingsOf(
  mode: MappingMode,
  { maximumConcurrency }: Pick<ControlledRoute, 'maximumConcurrency'>,
): MappingSettings {
  switch (mode) {
    case 'disabled':
      return { enabled: false, maximumConcurrency };
    case 'probing':
      return { enabled: true, maximumConcurrency: Math.min(PROBING_CONCURRENCY, maximumConcurrency) };
    case 'configured':
      return { enabled: true, maximumConcurrency };
  }
}

export function same(a: MappingSettings, b: MappingSettings): boolean {
  return a.enabled === b.enabled && (!a.enabled || a.maximumConcurrency === b.maximumConcurrency);
}
