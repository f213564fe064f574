import type { ApiMethod, Desired } from '../template/desired.ts';
import { Refusal } from '../refusal.ts';

/** A method of the API with the path it answers. */
export interface ApiRoute extends ApiMethod {
  /** `/webhooks/{source}` */
  readonly resourcePath: string;
}

export type Match =
  | {
      readonly found: true;
      readonly route: ApiRoute;
      readonly parameters: Readonly<Record<string, string>>;
    }
  /** No such path, or no such method on it: API Gateway calls both MISSING_AUTHENTICATION_TOKEN. */
  | { readonly found: false };

/** Finds the method for a request: literal parts win over parameters, parameters over `{proxy+}`. */
export function router(
  desired: Pick<Desired, 'restApis' | 'apiResources' | 'methods'>,
): (method: string, path: string) => Match {
  const [api] = desired.restApis;
  const paths = new Map<string, string>(api ? [[`${api.id}/`, '']] : []);
  const parts = new Map(desired.apiResources.map((resource) => [resource.id, resource]));
  const pathOf = (id: string): string => {
    const known = paths.get(id);
    if (known !== undefined) return known;
    const resource = parts.get(id);
    if (!resource)
      throw new Refusal(`A method or resource of the API hangs on ${id}, which the template does not have: add it.`);
    const path = `${pathOf(resource.parentId)}/${resource.pathPart}`;
    paths.set(id, path);
    return path;
  };
  const routes = desired.methods
    .map((method): ApiRoute => ({ ...method, resourcePath: pathOf(method.resourceId) || '/' }))
    .sort((a, b) => specificity(b.resourcePath) - specificity(a.resourcePath));

  return (method, path) => {
    for (const route of routes) {
      if (route.httpMethod !== 'ANY' && route.httpMethod !== method) continue;
      const parameters = matchPath(route.resourcePath, path);
      if (parameters) return { found: true, route, parameters };
    }
    return { found: false };
  };
}

function specificity(path: string): number {
  return path
    .split('/')
    .reduce((total, part) => total * 3 + (part.endsWith('+}') ? 0 : part.startsWith('{') ? 1 : 2), 0);
}

/** Parameters are as they were sent: a REST API decodes none. */
function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/').slice(1);
  const given = path.split('/').slice(1);
  const parameters: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    if (part.endsWith('+}')) {
      const rest = given.slice(index).join('/');
      if (rest === '') return undefined;
      parameters[part.slice(1, -2)] = rest;
      return parameters;
    }
    const value = given[index];
    if (value === undefined || value === '') return undefined;
    if (part.startsWith('{')) parameters[part.slice(1, -1)] = value;
    else if (part !== value) return undefined;
  }
  return given.length === wanted.length ? parameters : undefined;
}
