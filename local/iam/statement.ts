import { cannotJudge } from './cannot-judge.ts';
import { type Conditions, readConditions } from './conditions.ts';

/**
 * One statement of a policy, whole and known to be understood. What it does not list it does not restrict.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_statement.html
 */
export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  /** `dynamodb:PutItem`, with `*` and `?`; case does not matter. */
  readonly actions: readonly string[];
  /** Whether it means every action but these. */
  readonly exceptActions: boolean;
  /** ARNs, with `*` and `?`. */
  readonly resources: readonly string[];
  readonly exceptResources: boolean;
  readonly conditions: Conditions;
  /** Of a resource's policy: ARNs of roles and accounts, or `*`. */
  readonly principals?: readonly string[];
}

const ELEMENTS = ['Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition', 'Principal'];

/**
 * Reads a policy document whose intrinsic functions are resolved. What this host could not judge is refused by name: a
 * permission that is not understood must never count as given.
 *
 * @param place what has the document, for the sentence
 */
export function readPolicy(document: unknown, place: string): readonly Statement[] {
  const { Statement: statements } = asObject(document, place);
  return asList(statements)
    .map((statement) => asObject(statement, place))
    .filter((statement) => !isOfServices(statement))
    .map((statement) => readStatement(statement, place));
}

/** A service is nobody that calls from here, so nothing that a statement says of services needs to be understood. */
function isOfServices({ Principal }: Readonly<Record<string, unknown>>): boolean {
  return typeof Principal === 'object' && Principal !== null && Object.keys(Principal).join() === 'Service';
}

function readStatement(statement: Readonly<Record<string, unknown>>, place: string): Statement {
  const { Effect, Action, NotAction, Resource, NotResource, Condition, Principal } = statement;
  const unknown = Object.keys(statement).find((name) => !ELEMENTS.includes(name));
  if (unknown !== undefined) throw cannotJudge(place, `the element ${unknown} in a statement`, 'write it without');
  if ((Action !== undefined && NotAction !== undefined) || (Resource !== undefined && NotResource !== undefined)) {
    throw cannotJudge(place, 'an element beside its Not in a statement', 'write one of them');
  }
  if (Effect !== 'Allow' && Effect !== 'Deny') {
    throw cannotJudge(place, `the effect ${JSON.stringify(Effect)}`, 'write Allow or Deny');
  }
  const resources = texts(NotResource ?? Resource ?? '*', place);
  const variable = resources.find((resource) => resource.includes('${'));
  if (variable !== undefined) {
    throw cannotJudge(place, `a policy variable in the resource ${variable}`, 'write the resource out');
  }
  return {
    effect: Effect,
    actions: texts(NotAction ?? Action, place),
    exceptActions: NotAction !== undefined,
    resources,
    exceptResources: NotResource !== undefined,
    conditions: readConditions(Condition, place),
    ...(Principal !== undefined && { principals: readPrincipals(Principal, place) }),
  };
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html */
function readPrincipals(principal: unknown, place: string): readonly string[] {
  if (principal === '*') return ['*'];
  const byKind = asObject(principal, place);
  return Object.entries(byKind).flatMap(([kind, names]) => {
    if (kind === 'Service') return [];
    if (kind === 'AWS') return texts(names, place);
    throw cannotJudge(place, `a principal of the kind ${kind}`, 'name roles, accounts or services');
  });
}

function texts(value: unknown, place: string): readonly string[] {
  const list = asList(value);
  if (list.length > 0 && list.every((one) => typeof one === 'string')) return list;
  throw cannotJudge(place, `${JSON.stringify(value) ?? 'nothing'} where text stands`, 'write text');
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function asObject(value: unknown, place: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw cannotJudge(place, `${JSON.stringify(value) ?? 'nothing'} where an object stands`, 'write a policy document');
}
