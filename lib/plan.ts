import type { Gateway, Route, Source } from '../lambdas/core/source.ts';
import type { Allow, StageConfig, Throttle } from './config.ts';

/** One stage's configuration with the processors' declarations filled in and every default decided: checked, complete. */
export interface Plan {
  readonly stage: string;
  readonly settings: StageConfig;
  readonly sources: readonly PlannedSource[];
}

export interface PlannedSource extends Source {
  readonly allow: Allow;
  readonly throttle: Throttle;
  readonly routes: readonly PlannedRoute[];
}

export interface PlannedRoute extends Route {
  /** Short names of the tables that its processor writes to. */
  readonly tables: readonly string[];
  readonly maximumConcurrency: number;
}

/** The part of a plan that functions read, `gateway.json`. */
export function gatewayOf(plan: Plan): Gateway {
  return { stage: plan.stage, sources: plan.sources.map(runtimeSource) };
}

/** What a processor needs of it: its own route only, so that a change elsewhere does not redeploy it. */
export function gatewayOfRoute(plan: Plan, source: PlannedSource, route: PlannedRoute): Gateway {
  return { stage: plan.stage, sources: [{ ...runtimeSource(source), routes: [runtimeRoute(route)] }] };
}

function runtimeSource({ name, provider, maxBodyBytes, secretOverlapSeconds, url, routes }: PlannedSource): Source {
  return {
    name,
    provider,
    maxBodyBytes,
    secretOverlapSeconds,
    ...(url !== undefined && { url }),
    routes: routes.map(runtimeRoute),
  };
}

function runtimeRoute({ processor, name, on }: PlannedRoute): Route {
  return { processor, name, on };
}
