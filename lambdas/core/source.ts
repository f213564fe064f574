import type { OccurredAt } from './processing/occurred-at.ts';
import type { Seconds } from './processor.ts';
import type { Pointer } from './scheme/part.ts';
import { DEFAULT_TIMEOUT } from './processing/timeout.ts';

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
  /** The group whose one secret holds this source's value. @default - a secret of its own */
  readonly secretGroup?: string;
  /** How we give its provider a new secret. @default - the provider issues it, and a person brings it here */
  readonly rotation?: SourceRotation;
  /** The URL configured at the provider, for those that sign it. */
  readonly url?: string;
  /** Deliveries that it may have proved and let in within a minute. @default - what the web ACL lets through */
  readonly admitPerMinute?: number;
  /** Rejected deliveries that another secret may mend are kept. */
  readonly inbox?: true;
  /** Its provider tries each event once, so the sweeper watches for what nobody claimed. */
  readonly sentOnce?: true;
  /** Where its provider's JSON says when an event happened; in the file of a processor only. */
  readonly occurredAt?: OccurredAt;
  /** Its provider sends forms; in the file of a processor only. */
  readonly form?: true;
  /** @default - every address may call */
  readonly allow?: SourceAllow;
  readonly routes: readonly Route[];
}

/** Of a source whose secret we issue. */
export interface SourceRotation {
  readonly everyDays: number;
  /** What the provider's file in `lambdas/rotations` asks for. */
  readonly settings: Readonly<Record<string, string>>;
  /** Which secret holds what the provider's API is called with: `credentialName` says its whole name. */
  readonly credential: string;
}

/** Which addresses may call; one that either part has is allowed. */
export interface SourceAllow {
  /** Of the configuration. */
  readonly cidrs: readonly string[];
  /** Whether the provider's published addresses are followed, and what becomes of the others. */
  readonly published?: 'observe' | 'enforce';
}

export interface Route {
  /** `<folder>/<file>` under `lambdas/processors`, as in the configuration: `scalekit/user-created`. */
  readonly processor: string;
  /** Last part of the processor's name; unique within a source. Queues, metrics and logs carry it. */
  readonly name: string;
  /** Exact event type, `prefix.*`, or `*`. */
  readonly on: string;
  /** JSON pointer to what its events are ordered by; its queues are FIFO then. */
  readonly ordered?: Pointer;
  /** Its dead letters wait for a person. */
  readonly retriesDeadLetters?: false;
  /**
   * How long an execution of its function may take.
   * @default 30
   */
  readonly timeoutSeconds?: Seconds;
}

/** How long an execution may take that has an event of these sources. */
export function timeoutsOf(sources: readonly Source[]): (event: { source: string; route?: string }) => Seconds {
  const timeouts = new Map(
    sources.flatMap(({ name: source, routes }) =>
      routes.map(({ name, timeoutSeconds }) => [`${source}/${name}`, timeoutSeconds]),
    ),
  );
  return ({ source, route }) => timeouts.get(`${source}/${route}`) ?? DEFAULT_TIMEOUT;
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
export function ownRoute({ stage, sources }: Gateway) {
  const [source] = sources;
  const [route] = source?.routes ?? [];
  if (!source || !route) throw new Error('gateway.json names no route. It is written by lib/bundle.ts at synth.');
  return { stage, source: source.name, route: route.name, occurredAt: source.occurredAt, form: source.form === true };
}

/** Names that the template, the functions and the command line must agree on. */
export function queueName(
  stage: string,
  source: string,
  { name, ordered }: Pick<Route, 'name' | 'ordered'>,
  hop: 'main' | 'dead' | 'parked',
): string {
  const suffix = `${hop === 'main' ? '' : `-${hop}`}${ordered === undefined ? '' : '.fifo'}`;
  return `hookgate-${stage}-${source}-${name}${suffix}`;
}

/** Of the log of the verifier, the admin API, or a route: `verifier`, `admin`, or source and route. */
export function logGroupName(stage: string, ...writer: readonly [string] | readonly [source: string, route: string]) {
  return `/hookgate/${stage}/${writer.join('/')}`;
}

/** Which of a route's queues one is, by its name or ARN. */
export function hopOf(queue: string): 'main' | 'dead' {
  return /-dead(\.fifo)?$/.test(queue) ? 'dead' : 'main';
}

/** Of the secret with what a provider's API is called with. */
export function credentialName(stage: string, credential: string): string {
  return `hookgate/${stage}/credential/${credential}`;
}

/** A source's name has no slash, so a group's secret can't be taken for a source's. */
export function secretName(stage: string, { name, secretGroup }: Pick<Source, 'name' | 'secretGroup'>): string {
  return secretGroup === undefined ? `hookgate/${stage}/${name}` : `hookgate/${stage}/group/${secretGroup}`;
}
