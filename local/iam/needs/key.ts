import type { Need } from '../decide.ts';
import type { Guard } from '../guard.ts';

/**
 * What a call needs of the key that encrypts a resource; nothing when the resource has none of the template's keys.
 *
 * @param service as KMS is told of it: `sqs` in `sqs.us-east-1.amazonaws.com`
 */
export function keyNeeds(
  guard: Guard,
  resourceArn: string,
  service: string,
  actions: readonly ('kms:Decrypt' | 'kms:GenerateDataKey')[],
): readonly Need[] {
  const resource = guard.keyOf(resourceArn);
  if (resource === undefined) return [];
  const region = resource.split(':')[3] ?? '';
  const context = { 'kms:viaservice': `${service}.${region}.amazonaws.com` };
  return actions.map((action) => ({ action, resource, context }));
}
