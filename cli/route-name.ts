import type { Route, Source } from '../lambdas/core/source.ts';
import { usage } from './failure.ts';
import { inert } from './inert.ts';
import { suggestion } from './nearest.ts';

/** One route of one source. */
export interface NamedRoute {
  readonly source: string;
  readonly route: string;
  readonly declared: Route;
}

export function routesOf(sources: readonly Source[]): readonly NamedRoute[] {
  return sources.flatMap(({ name, routes }) =>
    routes.map((declared) => ({ source: name, route: declared.name, declared })),
  );
}

/** @param text `<source>/<route>` */
export function routeNamed(text: string, sources: readonly Source[]): NamedRoute {
  const known = routesOf(sources);
  const found = known.find((route) => nameOf(route) === text);
  if (found) return found;
  throw usage(`There is no route ${inert(text, 200)}. ${suggestion(text, known.map(nameOf))}`);
}

export function nameOf({ source, route }: Pick<NamedRoute, 'source' | 'route'>): string {
  return `${source}/${route}`;
}
