/**
 * The configured endpoints and their routes, as the functions read them: `gateway.json` in the function's own asset.
 * Written at synth time from `lib/config.ts`; in the asset and not in the environment, because Lambda's environment
 * ends at 4 KB and an asset changes atomically with the code.
 */
export interface Gateway {
  readonly stage: string;
  readonly sources: readonly Source[];
}

export interface Source {
  readonly name: string;
  /** Name of the provider's declaration in `lambdas/providers`. */
  readonly provider: string;
  readonly maxBodyBytes: number;
  /** How long the previous secret is accepted after a rotation. */
  readonly secretOverlapSeconds: number;
  /** The URL configured at the provider, for those that sign it. */
  readonly url?: string;
  readonly routes: readonly Route[];
}

export interface Route {
  /** `<folder>/<file>` under `lambdas/processors`, as in the configuration: `scalekit/user-created`. */
  readonly processor: string;
  /** Last part of the processor's name; unique within a source. Queues, metrics and logs carry it. */
  readonly name: string;
  /** Exact event type, `prefix.*`, or `*`. */
  readonly on: string;
}

/** The route for an event type: the exact one, else the longest matching prefix, else `*`, else none. */
export function routeFor(routes: readonly Route[], type: string): Route | undefined {
  let best: Route | undefined;
  for (const route of routes) {
    if (matches(route.on, type) && (!best || specificity(route.on) > specificity(best.on))) best = route;
  }
  return best;
}

function matches(pattern: string, type: string): boolean {
  if (pattern === '*') return true;
  return pattern.endsWith('.*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern;
}

function specificity(pattern: string): number {
  if (pattern === '*') return 0;
  return pattern.endsWith('.*') ? pattern.length : Number.MAX_SAFE_INTEGER;
}

/** The one route of a processor's function, whose `gateway.json` names no other. */
export function ownRoute({ stage, sources }: Gateway): { stage: string; source: string; route: string } {
  const [source] = sources;
  const [route] = source?.routes ?? [];
  if (!source || !route) throw new Error('gateway.json names no route. It is written by lib/bundle.ts at synth.');
  return { stage, source: source.name, route: route.name };
}

/** Names that the template, the functions and the command line must agree on. */
export function queueName(stage: string, source: string, route: string, hop: 'main' | 'dead' | 'parked'): string {
  const name = `hookgate-${stage}-${source}-${route}`;
  return hop === 'main' ? name : `${name}-${hop}`;
}

export function secretName(stage: string, source: string): string {
  return `hookgate/${stage}/${source}`;
}
