import { asRoute, problemsOf, routeName, type Surroundings } from './check.ts';
import type { GatewayConfig, RouteConfig, SourceConfig, StageConfig } from './config.ts';
import { isPointer } from '../lambdas/core/order.ts';
import { retryPolicy } from '../lambdas/core/processing/retry.ts';
import { DEFAULT_TIMEOUT, executionTime } from '../lambdas/core/processing/timeout.ts';
import { readDeclarations } from './declarations.ts';
import { isOpen, type Plan, type PlannedRoute, type PlannedSource } from './plan.ts';

const DEFAULT_BODY_BYTES = 1024 * 1024;
const DEFAULT_OVERLAP_SECONDS = 24 * 60 * 60;
const DEFAULT_CONCURRENCY = 2;

export interface LoadProps {
  readonly config: GatewayConfig;
  readonly stages: readonly string[];
  /** Names of the providers there are. */
  readonly providers: readonly string[];
  /** Folder of the processor files, absolute. */
  readonly processorsDirectory: string;
  /**
   * Whether a processor file that this process has read is read again when it was written since.
   * @default false
   */
  readonly rereads?: boolean;
}

/** Reads and checks the configuration of some stages: a plan for each, or everything that has to be mended first. */
export async function load({
  config,
  stages,
  providers,
  processorsDirectory,
  rereads = false,
}: LoadProps): Promise<{ readonly plans: readonly Plan[] } | { readonly problems: readonly string[] }> {
  const processors = config.sources.flatMap(({ routes }) => routes.map((route) => asRoute(route).processor));
  const declarations = await readDeclarations(processors, processorsDirectory, { rereads });
  const surroundings: Surroundings = { providers, declarations };

  const problems = new Set(stages.flatMap((stage) => problemsOf(config, stage, surroundings)));
  if (problems.size > 0) return { problems: [...problems] };
  return { plans: stages.map((stage) => planOf(config, stage, surroundings)) };
}

function planOf(config: GatewayConfig, stage: string, surroundings: Surroundings): Plan {
  const settings = config.stages[stage];
  if (!settings) throw new Error(`The stage '${stage}' was planned before it was checked.`);
  return { stage, settings, sources: config.sources.map((source) => planSource(source, settings, surroundings)) };
}

function planSource(source: SourceConfig, settings: StageConfig, surroundings: Surroundings): PlannedSource {
  const allow = settings.allow ?? source.allow;
  const throttle = source.throttle ?? settings.limits.perSource;
  // Where strangers get as far as the verifier, the web ACL can't count a source's share: they would use it up.
  const admitPerMinute = source.admitPerMinute ?? (isOpen(allow) ? throttle.requestsPerMinute : undefined);
  return {
    name: source.name,
    provider: source.provider,
    maxBodyBytes: source.maxBodyBytes ?? DEFAULT_BODY_BYTES,
    secretOverlapSeconds: source.secretOverlap?.toSeconds() ?? DEFAULT_OVERLAP_SECONDS,
    ...(source.secretGroup !== undefined && { secretGroup: source.secretGroup }),
    ...(source.group !== undefined && { group: source.group }),
    ...(source.rotation && { rotation: { settings: {}, ...source.rotation } }),
    ...(source.url !== undefined && { url: source.url }),
    ...(source.inbox === 'on' && { inbox: true }),
    ...(admitPerMinute !== undefined && { admitPerMinute }),
    allow,
    throttle,
    ...(source.silentAfter && { silentAfterHours: source.silentAfter.toHours() }),
    routes: source.routes.map((route) =>
      planRoute({ ...asRoute(route), ...groupOf(source, asRoute(route)) }, surroundings),
    ),
  };
}

function groupOf({ group }: SourceConfig, route: RouteConfig): Pick<RouteConfig, 'group'> {
  const own = route.group ?? group;
  return own === undefined ? {} : { group: own };
}

function planRoute(
  { processor, maximumConcurrency = DEFAULT_CONCURRENCY, group }: RouteConfig,
  { declarations }: Surroundings,
): PlannedRoute {
  const declaration = declarations.get(processor);
  if (typeof declaration !== 'object' || 'error' in declaration) {
    throw new Error(`The processor '${processor}' was planned before it was checked.`);
  }
  const { on, tables, timeout = DEFAULT_TIMEOUT, ordered } = declaration;
  return {
    processor,
    name: routeName(processor),
    on,
    ...(ordered !== undefined && isPointer(ordered) && { ordered }),
    ...((ordered !== undefined || !retryPolicy(declaration.retry).deadLetters) && { retriesDeadLetters: false }),
    tables,
    timeoutSeconds: executionTime(timeout, ordered !== undefined),
    maximumConcurrency,
    ...(group !== undefined && { group }),
  };
}
