import { createHash } from 'node:crypto';

/**
 * The ARN of a secret. AWS ends it with six random characters; here they follow from the name, so that the template
 * knows the whole ARN before the secret is made, and a policy that leaves them out fails here as it does there.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html
 */
export function secretArn(
  { region, account }: { readonly region: string; readonly account: string },
  name: string,
): string {
  const end = createHash('sha256')
    .update(name)
    .digest('base64')
    .replaceAll(/[^A-Za-z0-9]/g, '')
    .slice(0, 6);
  return `arn:aws:secretsmanager:${region}:${account}:secret:${name}-${end}`;
}
