import type { Source } from '../lambdas/core/source.ts';
import { usage } from './failure.ts';
import { inert } from './inert.ts';
import { suggestion } from './nearest.ts';

/** One route of one source. */
export interface NamedRoute {
  readonly source: string;
  readonly route: string;
}

export function routesOf(sources: readonly Source[]): readonly NamedRoute[] {
  return sources.flatMap(({ name, routes }) => routes.map((route) => ({ source: name, route: route.name })));
}

/** @param text `<source>/<route>` */
export function routeNamed(text: string, sources: readonly Source[]): NamedRoute {
  const known = routesOf(sources);
  const found = known.find((route) => nameOf(route) === text);
  if (found) return found;
  throw usage(`There is no route ${inert(text, 200)}. ${suggestion(text, known.map(nameOf))}`);
}

export function nameOf({ source, route }: NamedRoute): string {
  return `${source}/${route}`;
}
