import { reasonOf } from '../../../lambdas/core/processing/reason.ts';

function denied(message: string): Error {
  return Object.assign(new Error(message), { name: 'AccessDeniedException' });
}

const USER = 'User: arn:aws:sts::000000000000:assumed-role/a-role/a-function';

test.each([
  [
    'a table',
    `${USER} is not authorized to perform: dynamodb:UpdateItem on resource: arn:aws:dynamodb:us-east-1:000000000000:table/hookgate-prod-ApplicationTablesusers3E33EE93 because no identity-based policy allows the dynamodb:UpdateItem action`,
    'not allowed: dynamodb:UpdateItem on table/hookgate-prod-ApplicationTablesusers3E33EE93',
  ],
  [
    'an object, whose ARN AWS puts in quotes',
    `${USER} is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::payloads/a" because no identity-based policy allows the s3:GetObject action`,
    'not allowed: s3:GetObject on payloads/a',
  ],
  [
    'a secret by its name',
    `${USER} is not authorized to perform: secretsmanager:GetSecretValue on resource: hookgate/prod/acme because no identity-based policy allows the secretsmanager:GetSecretValue action`,
    'not allowed: secretsmanager:GetSecretValue on hookgate/prod/acme',
  ],
])('a call that a role does not allow is told by its action and %s', (_, message, expected) => {
  expect(reasonOf(denied(message))).toBe(expected);
});

test('a value of the payload stays out of it', () => {
  const message = `${USER} is not authorized to perform: s3:PutObject on resource: arn:aws:s3:::b/ada@example.com because`;
  expect(reasonOf(denied(message), JSON.stringify({ email: 'ada@example.com' }))).toBe(
    'not allowed: s3:PutObject on b/…',
  );
});
