import type { Source } from '../source.ts';
import type { Answer } from '../verdict.ts';

/** One source as people see it. */
export interface SourceView {
  readonly source: string;
  readonly provider: string;
  /** Whether a failed delivery comes again by itself. */
  readonly redelivers: boolean;
  readonly maxBodyBytes: number;
  /** Who may call; everybody where neither is given. */
  readonly allow: {
    readonly cidrs: readonly string[] | null;
    readonly published: 'observe' | 'enforce' | null;
  };
  readonly routes: readonly { readonly route: string; readonly on: string; readonly ordered: boolean }[];
}

/** `GET /admin/sources`: the configuration as the functions have it. */
export function administerSources(sources: readonly Source[]): Answer {
  const shown = sources.map(({ name, provider, maxBodyBytes, sentOnce, allow, routes }): SourceView => ({
    source: name,
    provider,
    redelivers: sentOnce !== true,
    maxBodyBytes,
    allow: { cidrs: allow?.cidrs ?? null, published: allow?.published ?? null },
    routes: routes.map((route) => ({ route: route.name, on: route.on, ordered: route.ordered !== undefined })),
  }));
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ sources: shown }) };
}
