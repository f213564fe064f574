import type { Json } from '../../aws/json-server.ts';
import type { Need } from '../decide.ts';
import type { Guard } from '../guard.ts';
import { keyNeeds } from './key.ts';

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html */
const OF_KEY = {
  GetSecretValue: ['kms:Decrypt'],
  PutSecretValue: ['kms:GenerateDataKey', 'kms:Decrypt'],
} as const;

/**
 * The permissions that a call of Secrets Manager needs: of the secret's whole ARN, however the call names it.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
 *
 * @param arnOf the ARN of the secret of a name or ARN; undefined where there is none
 */
export function secretsManagerNeeds(
  action: string,
  { SecretId, Name }: Json,
  arnOf: (id: string) => string | undefined,
  guard: Guard,
): readonly Need[] {
  const named = SecretId ?? Name;
  const resource = typeof named === 'string' ? (arnOf(named) ?? named) : '*';
  return [
    { action: `secretsmanager:${action}`, resource },
    ...(action in OF_KEY ? keyNeeds(guard, resource, 'secretsmanager', OF_KEY[action as keyof typeof OF_KEY]) : []),
  ];
}
