import type { Registration } from '../core/secrets/registration.ts';
import { github } from './github.ts';

/** Every provider whose secret can be rotated by itself. A new one is a file and a line. */
export const registrations: ReadonlyMap<string, Registration> = new Map(
  [github].map((registration) => [registration.provider, registration]),
);
