import type { Source } from '../source.ts';
import type { Answer } from '../verdict.ts';

/** `GET /admin/sources`: the configuration as the functions have it. */
export function administerSources(sources: readonly Source[]): Answer {
  const shown = sources.map(({ name, provider, maxBodyBytes, sentOnce, allow, routes }) => ({
    source: name,
    provider,
    redelivers: sentOnce !== true,
    maxBodyBytes,
    // Without an allowlist everybody may call.
    allow: { cidrs: allow?.cidrs ?? null, published: allow?.published ?? null },
    routes: routes.map((route) => ({ route: route.name, on: route.on, ordered: route.ordered !== undefined })),
  }));
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ sources: shown }) };
}
