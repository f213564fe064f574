import type { Desired, Role } from '../template/desired.ts';
import { cannotJudge } from './cannot-judge.ts';
import type { Principal } from './decide.ts';
import { readPolicy, type Statement } from './statement.ts';

/** Who may do what, as the template has it. It goes to the process of the data services as it is. */
export interface Rules {
  readonly region: string;
  readonly account: string;
  readonly principals: readonly Principal[];
  readonly resourcePolicies: readonly { readonly resourceArn: string; readonly statements: readonly Statement[] }[];
  /** The KMS key of each resource that has one of its own: `[resource's ARN, key's ARN]`. */
  readonly keys: readonly (readonly [string, string])[];
}

/** Reads every policy of the template, those of nobody included; refuses to start on what it could not judge. */
export function rulesOf(
  desired: Desired,
  { region, account }: { readonly region: string; readonly account: string },
): Rules {
  const documents = desired.policies.map((policy) => ({
    ...policy,
    statements: readPolicy(policy.document, policy.id),
  }));
  const managed = (arn: string, role: Role, what: string): readonly Statement[] => {
    const found = documents.find((policy) => policy.arn === arn);
    if (found) return found.statements;
    throw cannotJudge(
      role.id,
      `the ${what} ${arn}, which is not in the template`,
      'put it there, or leave it out here',
    );
  };
  const roles = new Map(desired.roles.map((role) => [role.arn, role]));
  return {
    region,
    account,
    principals: desired.functions.map(({ id, name, roleArn }) => {
      const role = roles.get(roleArn);
      if (!role) throw cannotJudge(id, `the role ${roleArn}, which is not in the template`, 'put it there');
      return {
        function: id,
        roleArn,
        userArn: `arn:aws:sts::${account}:assumed-role/${role.name}/${name}`,
        policies: [
          ...role.inline.flatMap((document) => readPolicy(document, role.id)),
          ...role.managedPolicyArns.flatMap((arn) => managed(arn, role, 'managed policy')),
          ...documents.flatMap(({ roles: names, statements }) => (names.includes(role.name) ? statements : [])),
        ],
        ...(role.boundaryArn !== undefined && { boundary: managed(role.boundaryArn, role, 'permissions boundary') }),
      };
    }),
    resourcePolicies: desired.resourcePolicies.map(({ id, resourceArn, document }) => ({
      resourceArn,
      statements: readPolicy(document, id),
    })),
    keys: [...desired.keys],
  };
}
