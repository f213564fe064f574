import { type Context, EVERY_CALL, holds } from './conditions.ts';
import type { Statement } from './statement.ts';

/** One permission that a call needs. */
export interface Need {
  /** `dynamodb:PutItem` */
  readonly action: string;
  /** An ARN; `*` where the action knows no resources. */
  readonly resource: string;
  /** Beyond what holds for every call. */
  readonly context?: Context;
}

/** Who calls, and what may be said of it. */
export interface Principal {
  /** Logical id of the function; its access key id as well. */
  readonly function: string;
  readonly roleArn: string;
  /** `arn:aws:sts::…:assumed-role/<role>/<function>`: how AWS names the caller in a refusal. */
  readonly userArn: string;
  /** Of all policies of the role together. */
  readonly policies: readonly Statement[];
  /** What bounds them, when the role has a boundary. */
  readonly boundary?: readonly Statement[];
}

/** A permission as it is granted: a statement's action with one of its resources. */
export interface Grant {
  readonly action: string;
  readonly resource: string;
}

export type Decision =
  { readonly allowed: true; readonly by: readonly Grant[] } | { readonly allowed: false; readonly because: string };

/**
 * Whether a role may do something, by IAM's rules inside one account: an explicit deny anywhere wins; then an allow is
 * needed from the role's policies or the resource's, and from the boundary when there is one.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
 *
 * A key is different: its own policy must allow the role, or the account, which then leaves it to the role's policies.
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
 *
 * @param resourcePolicy of the resource that is asked for; empty when it has none
 */
export function decide(need: Need, principal: Principal, resourcePolicy: readonly Statement[]): Decision {
  const { policies, boundary } = principal;
  const denied = (statements: readonly Statement[]) =>
    statements.some((statement) => statement.effect === 'Deny' && covers(statement, need));
  const refused = (because: string): Decision => ({ allowed: false, because });
  const owns = resourcePolicy.filter((statement) => namesRole(statement, principal));
  if (denied(policies)) return refused('with an explicit deny in an identity-based policy');
  if (denied(owns)) return refused('with an explicit deny in a resource-based policy');
  if (boundary && denied(boundary)) return refused('with an explicit deny in a permissions boundary');

  const byRole = policies.flatMap((statement) => grantsOf(statement, need));
  // An account in a resource's policy stands for its administrators: only a key hands the decision on to the role.
  const byResource = owns.some(
    (statement) =>
      statement.effect === 'Allow' &&
      covers(statement, need) &&
      (statement.principals?.some((name) => name === '*' || name === principal.roleArn) ?? false),
  );
  const isKey = need.action.startsWith('kms:');
  const keyAllows = owns.some((statement) => statement.effect === 'Allow' && covers(statement, need));
  if (isKey && !keyAllows) return refused(`because no resource-based policy allows the ${need.action} action`);
  if (byRole.length === 0 && !byResource) {
    return refused(`because no identity-based policy allows the ${need.action} action`);
  }
  if (boundary && !boundary.some((statement) => statement.effect === 'Allow' && covers(statement, need))) {
    return refused(`because no permissions boundary allows the ${need.action} action`);
  }
  return { allowed: true, by: byRole };
}

/** What AWS says to a caller that may not. */
export function refusalOf({ action, resource }: Need, { userArn }: Principal, because: string): string {
  return `User: ${userArn} is not authorized to perform: ${action} on resource: ${resource} ${because}`;
}

function grantsOf(statement: Statement, need: Need): readonly Grant[] {
  if (statement.effect !== 'Allow' || !covers(statement, need)) return [];
  const actions = statement.exceptActions ? ['*'] : statement.actions.filter((one) => isLike(one, need.action, 'i'));
  const resources = statement.exceptResources
    ? ['*']
    : statement.resources.filter((one) => isLike(one, need.resource, ''));
  return actions.flatMap((action) => resources.map((resource) => ({ action, resource })));
}

function covers(statement: Statement, { action, resource, context }: Need): boolean {
  return (
    statement.actions.some((one) => isLike(one, action, 'i')) !== statement.exceptActions &&
    statement.resources.some((one) => isLike(one, resource, '')) !== statement.exceptResources &&
    holds(statement.conditions, { ...EVERY_CALL, ...context })
  );
}

/** Whether a resource's policy speaks of this role: by itself, by its account, or of everybody. */
function namesRole({ principals = [] }: Statement, { roleArn }: Principal): boolean {
  const account = roleArn.split(':')[4] ?? '';
  return principals.some(
    (name) =>
      name === '*' || name === roleArn || name === account || /^arn:[^:]+:iam::(\d+):root$/.exec(name)?.[1] === account,
  );
}

/** `*` stands for any text and `?` for one character. Case counts in resources and not in actions. */
function isLike(pattern: string, text: string, flags: 'i' | ''): boolean {
  const source = pattern
    .replaceAll(/[\\^$.+()|[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, `s${flags}`).test(text);
}
