import type { Part, Slot } from './part.ts';
import type { Dedupe, Provider, Scheme, SignatureScheme } from './provider.ts';

/** What a scheme's signature covers, derived from its declaration so that the two can't disagree. */
export interface Coverage {
  readonly body: boolean;
  readonly slots: readonly Slot[];
}

export function coverageOf(scheme: Scheme): Coverage {
  switch (scheme.algorithm) {
    case 'token':
      return { body: false, slots: [] };
    case 'code':
      return covering(scheme.covers.flatMap(wholePlaces));
    case 'HS256':
    case 'HS384':
    case 'HS512':
    case 'ES256':
    case 'RS256': {
      const slots = [...Object.values(scheme.hashed ?? {}).map(({ of }) => of), ...Object.values(scheme.equal ?? {})];
      return covering(slots.flatMap(wholePlaces));
    }
    default: {
      const [content = [], ...alternatives] = contentsOf(scheme).map((parts) => parts.flatMap(wholePlaces));
      const coverage = covering(content.filter((slot) => alternatives.every((slots) => holds(slots, slot))));
      const body = coverage.body || scheme.bodyHash !== undefined || scheme.wholeBody !== undefined;
      return { ...coverage, body };
    }
  }
}

/** What may have been signed, all of it: only what every one of these has is covered. */
export function contentsOf({ content, alternatives = [] }: SignatureScheme): readonly (readonly Part[])[] {
  return [content, ...alternatives];
}

/** The places of which every byte is in the part: of what a capture reads, or JSON inside a field, only a piece is. */
function wholePlaces(part: Part): readonly Slot[] {
  if (typeof part === 'string') return [];
  return part.slot === 'optional' || part.slot === 'joined' ? part.parts.flatMap(wholePlaces) : [part];
}

function covering(slots: readonly Slot[]): Coverage {
  return { slots, body: slots.some(({ slot }) => slot === 'body' || slot === 'sortedForm') };
}

/** Whether nobody without the key could have put another value there. */
export function isSigned(part: Part, coverage: Coverage): boolean {
  if (typeof part === 'string') return true;
  switch (part.slot) {
    case 'claim':
    case 'setting':
      return true;
    case 'lower':
    case 'base64':
    case 'capture':
    case 'jsonIn':
      return isSigned(part.of, coverage) || holds(coverage.slots, part);
    case 'joined':
    case 'optional':
      return part.parts.every((inner) => isSigned(inner, coverage));
    case 'body':
    case 'json':
    case 'form':
    case 'sortedForm':
      return coverage.body || holds(coverage.slots, part);
    case 'query':
      return coverage.slots.some(({ slot }) => slot === 'url') || holds(coverage.slots, part);
    default:
      return holds(coverage.slots, part);
  }
}

function holds(slots: readonly Slot[], place: Slot): boolean {
  const name = nameOf(place);
  return slots.some((slot) => nameOf(slot) === name);
}

/** One text per place. A URL is the same place however the provider may have written it. */
function nameOf(place: Slot): string {
  if (place.slot === 'url') return place.slot;
  return JSON.stringify(place, (_, value: unknown) => (value instanceof RegExp ? value.source : value));
}

/** The candidates for the id that the signature covers: first the header it names, which is the delivery's own. */
export function signedIds(provider: Provider): readonly Part[] {
  const coverage = coverageOf(provider.scheme);
  const signed = provider.id.filter((part) => isSigned(part, coverage));
  return [...signed.filter(isHeader), ...signed.filter((part) => !isHeader(part))];
}

function isHeader(part: Part): boolean {
  return typeof part === 'object' && part.slot === 'header';
}

export function dedupeOf(provider: Provider, override?: Dedupe): Dedupe {
  const chosen = override ?? provider.dedupe;
  if (chosen) return chosen;
  if (provider.scheme.algorithm === 'token') return 'body';
  return signedIds(provider).length > 0 ? 'id' : 'content';
}
