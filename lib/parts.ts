import type { Plan, PlannedRoute, PlannedSource } from './plan.ts';

/** What one stack of a stage has: its own, or the nested one of a group. */
export interface Part {
  /** Whose alarms are in it. */
  readonly sources: readonly PlannedSource[];
  /** Whose secrets are in it. */
  readonly secretsOf: readonly PlannedSource[];
  /** Whose queues, processors and alarms are in it. */
  readonly routes: readonly RouteOfSource[];
}

export interface RouteOfSource {
  readonly source: PlannedSource;
  readonly route: PlannedRoute;
}

/** Every source and route is in exactly one part, as the configuration says and nothing else: what moves is replaced. */
export function partsOf({ sources }: Plan): { readonly own: Part; readonly groups: ReadonlyMap<string, Part> } {
  const routes = sources.flatMap((source) => source.routes.map((route) => ({ source, route })));
  const part = (group: string | undefined): Part => {
    const inPart = sources.filter((source) => source.group === group);
    return {
      sources: inPart,
      // A secret that sources share can't be in the stack of one of them.
      secretsOf:
        group === undefined
          ? sources.filter((source) => source.group === undefined || source.secretGroup !== undefined)
          : inPart.filter(({ secretGroup }) => secretGroup === undefined),
      routes: routes.filter(({ route }) => route.group === group),
    };
  };
  const named = [...sources, ...routes.map(({ route }) => route)].flatMap(({ group }) => group ?? []);
  return { own: part(undefined), groups: new Map([...new Set(named)].sort().map((group) => [group, part(group)])) };
}

/** Whether some of it is in the stack of a group. */
export function isInGroup({ group, routes }: PlannedSource): boolean {
  return group !== undefined || routes.some((route) => route.group !== undefined);
}
