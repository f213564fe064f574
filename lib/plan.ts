import type { Gateway, Route, Source } from '../lambdas/core/source.ts';
import { DEFAULT_TIMEOUT } from '../lambdas/core/processing/timeout.ts';
import { sendsForms } from '../lambdas/core/scheme/provider.ts';
import { providers } from '../lambdas/providers/index.ts';
import type { Allow, AllowPublished, StageConfig, Throttle } from './config.ts';

/** One stage's configuration with the processors' declarations filled in and every default decided: checked, complete. */
export interface Plan {
  readonly stage: string;
  readonly settings: StageConfig;
  readonly sources: readonly PlannedSource[];
}

export interface PlannedSource extends Omit<Source, 'allow'> {
  readonly allow: Allow | AllowPublished;
  readonly throttle: Throttle;
  readonly silentAfterHours?: number;
  /** The nested stack that it is in. @default - the stage's own stack */
  readonly group?: string;
  readonly routes: readonly PlannedRoute[];
}

export interface PlannedRoute extends Route {
  /** How long its function may run at a time, in seconds. */
  readonly timeoutSeconds: number;
  /** Short names of the tables that its processor writes to. */
  readonly tables: readonly string[];
  readonly maximumConcurrency: number;
  /** The nested stack that it is in. @default - the stage's own stack */
  readonly group?: string;
}

/** Whether strangers' requests reach the verifier: only the signature tells whose a request is. */
export function isOpen(allow: PlannedSource['allow']): boolean {
  return 'anywhere' in allow || ('published' in allow && allow.published === 'observe');
}

/** The part of a plan that functions read, `gateway.json`. */
export function gatewayOf(plan: Plan): Gateway {
  return {
    stage: plan.stage,
    sources: plan.sources.map((source) => ({
      ...runtimeSource(source),
      ...runtimeAllow(source.allow),
      ...(providers.get(source.provider)?.redelivers === false && { sentOnce: true as const }),
    })),
  };
}

function runtimeAllow(allow: PlannedSource['allow']): Pick<Source, 'allow'> {
  if ('anywhere' in allow) return {};
  const { cidrs = [] } = allow;
  return { allow: { cidrs, ...('published' in allow && { published: allow.published }) } };
}

/** What a processor needs of it: its own route only, so that a change elsewhere does not redeploy it. */
export function gatewayOfRoute(plan: Plan, source: PlannedSource, route: PlannedRoute): Gateway {
  const provider = providers.get(source.provider);
  const ofProvider = {
    ...(provider?.occurredAt && { occurredAt: provider.occurredAt }),
    ...(provider && sendsForms(provider) && { form: true as const }),
  };
  return {
    stage: plan.stage,
    sources: [{ ...runtimeSource(source), ...ofProvider, routes: [runtimeRoute(route)] }],
  };
}

function runtimeSource(source: PlannedSource): Source {
  const {
    name,
    provider,
    maxBodyBytes,
    secretOverlapSeconds,
    secretGroup,
    rotation,
    url,
    inbox,
    admitPerMinute,
    routes,
  } = source;
  return {
    name,
    provider,
    maxBodyBytes,
    secretOverlapSeconds,
    ...(secretGroup !== undefined && { secretGroup }),
    ...(rotation && { rotation }),
    ...(url !== undefined && { url }),
    ...(admitPerMinute !== undefined && { admitPerMinute }),
    ...(inbox && { inbox }),
    routes: routes.map(runtimeRoute),
  };
}

function runtimeRoute({ processor, name, on, ordered, retriesDeadLetters, timeoutSeconds }: PlannedRoute): Route {
  return {
    processor,
    name,
    on,
    ...(ordered !== undefined && { ordered }),
    ...(retriesDeadLetters === false && { retriesDeadLetters }),
    ...(timeoutSeconds !== DEFAULT_TIMEOUT && { timeoutSeconds }),
  };
}
