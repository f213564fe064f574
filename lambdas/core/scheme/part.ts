import type { UrlForm } from './url.ts';

/**
 * The places of a request that a declaration can name: what is signed, where the signature stands, where the id is.
 * A plain string is a literal. Builders instead of a template language: an unknown place does not compile.
 */
export type Part = string | Slot;

export type Slot =
  /** The exact bytes of the body. */
  | { readonly slot: 'body' }
  /** The timestamp as received, before it is read as a number. */
  | { readonly slot: 'timestamp' }
  | { readonly slot: 'method' }
  /** The URL configured for the source, else the one called; `as` says how the provider may have written it. */
  | { readonly slot: 'url'; readonly as?: readonly UrlForm[] }
  /** A field of JSON that stands inside another place, as in a form field. */
  | { readonly slot: 'jsonIn'; readonly of: Slot; readonly pointer: readonly string[] }
  | { readonly slot: 'header'; readonly name: string }
  /** A field beside the signature in its own header: the `t` of `t=1,v1=ab`. */
  | { readonly slot: 'sigParam'; readonly key: string }
  | { readonly slot: 'query'; readonly name: string }
  | { readonly slot: 'form'; readonly name: string }
  /** All form fields, sorted by key, each key followed by its value. */
  | { readonly slot: 'sortedForm' }
  | { readonly slot: 'json'; readonly pointer: readonly string[] }
  /** A claim of the token, once its signature holds. */
  | { readonly slot: 'claim'; readonly name: string }
  /** The first capture of a bounded pattern in the text of another place. */
  | { readonly slot: 'capture'; readonly of: Slot; readonly pattern: RegExp }
  | { readonly slot: 'base64'; readonly of: Slot }
  | { readonly slot: 'lower'; readonly of: Slot }
  /** Left out as a whole when one of its parts is absent. */
  | { readonly slot: 'optional'; readonly parts: readonly Part[] }
  /** Absent when one of its parts is absent. */
  | { readonly slot: 'joined'; readonly parts: readonly Part[] }
  /** The secret itself, for plain digests. */
  | { readonly slot: 'secret' }
  /** A labelled value stored with the secret: `apiKey:…`. */
  | { readonly slot: 'setting'; readonly name: string };

export type Pointer = '' | `/${string}`;

export const body = { slot: 'body' } as const satisfies Slot;
export const timestamp = { slot: 'timestamp' } as const satisfies Slot;
export const method = { slot: 'method' } as const satisfies Slot;
export const url = { slot: 'url' } as const satisfies Slot;
export const sortedForm = { slot: 'sortedForm' } as const satisfies Slot;
export const secret = { slot: 'secret' } as const satisfies Slot;

/** Names are compared in lower case, as RFC 9110 asks. */
export function header(name: string): Slot {
  return { slot: 'header', name: name.toLowerCase() };
}

export function sigParam(key: string): Slot {
  return { slot: 'sigParam', key };
}

export function query(name: string): Slot {
  return { slot: 'query', name };
}

export function form(name: string): Slot {
  return { slot: 'form', name };
}

/** A JSON pointer (RFC 6901) into the body, split once here. */
export function json(pointer: Pointer): Slot {
  return { slot: 'json', pointer: stepsOf(pointer) };
}

export function jsonIn(of: Slot, pointer: Pointer): Slot {
  return { slot: 'jsonIn', of, pointer: stepsOf(pointer) };
}

function stepsOf(pointer: Pointer): readonly string[] {
  const steps = pointer.split('/').slice(1);
  return steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

export function urlAs(...as: readonly UrlForm[]): Slot {
  return { slot: 'url', as };
}

export function claim(name: string): Slot {
  return { slot: 'claim', name };
}

export function capture(of: Slot, pattern: RegExp): Slot {
  return { slot: 'capture', of, pattern };
}

export function base64(of: Slot): Slot {
  return { slot: 'base64', of };
}

export function lower(of: Slot): Slot {
  return { slot: 'lower', of };
}

export function optional(...parts: readonly Part[]): Slot {
  return { slot: 'optional', parts };
}

export function joined(...parts: readonly Part[]): Slot {
  return { slot: 'joined', parts };
}

export function setting(name: string): Slot {
  return { slot: 'setting', name };
}

/** The slots inside a part, itself included. */
export function slotsOf(part: Part): readonly Slot[] {
  if (typeof part === 'string') return [];
  switch (part.slot) {
    case 'optional':
    case 'joined':
      return [part, ...part.parts.flatMap(slotsOf)];
    case 'lower':
    case 'base64':
    case 'capture':
    case 'jsonIn':
      return [part, ...slotsOf(part.of)];
    default:
      return [part];
  }
}

/** A place in words, for people: `header webhook-id`. */
export function describePart(part: Part): string {
  if (typeof part === 'string') return JSON.stringify(part);
  switch (part.slot) {
    case 'header':
    case 'query':
    case 'form':
    case 'claim':
    case 'setting':
      return `${part.slot} ${part.name}`;
    case 'sigParam':
      return `${part.key}= of the signature`;
    case 'json':
      return `body /${part.pointer.join('/')}`;
    case 'jsonIn':
      return `/${part.pointer.join('/')} of ${describePart(part.of)}`;
    case 'lower':
    case 'base64':
    case 'capture':
      return `${part.slot} of ${describePart(part.of)}`;
    case 'optional':
    case 'joined':
      return part.parts.map(describePart).join(' + ');
    default:
      return part.slot;
  }
}
