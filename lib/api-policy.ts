import { AnyPrincipal, Effect, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Plan } from './plan.ts';

/**
 * The API's own policy, which holds when the web ACL is taken off the stage: anybody reaches the webhooks, where a
 * signature decides; of the admin API nothing is allowed here, so that a caller's own policy must allow it, and addresses
 * that `adminAllow` does not have are refused whatever that says.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
 */
export function apiPolicyOf({ stage, settings }: Plan): PolicyDocument {
  const { adminAllow } = settings;
  return new PolicyDocument({
    statements: [
      new PolicyStatement({
        effect: Effect.ALLOW,
        principals: [new AnyPrincipal()],
        actions: ['execute-api:Invoke'],
        resources: [`execute-api:/${stage}/*/webhooks/*`],
      }),
      ...('cidrs' in adminAllow
        ? [
            new PolicyStatement({
              effect: Effect.DENY,
              principals: [new AnyPrincipal()],
              actions: ['execute-api:Invoke'],
              resources: [`execute-api:/${stage}/*/admin/*`],
              conditions: { NotIpAddress: { 'aws:SourceIp': [...adminAllow.cidrs] } },
            }),
          ]
        : []),
    ],
  });
}
