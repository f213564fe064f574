import { cannotJudge } from './cannot-judge.ts';

/** What is known of a call besides action and resource, by condition key in lower case. Nothing else may be asked for. */
export type Context = Readonly<Record<string, string>>;

/** All must hold. Values of one condition are alternatives. */
export type Conditions = readonly {
  readonly operator: keyof typeof OPERATORS;
  readonly key: string;
  readonly values: readonly string[];
}[];

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
const OPERATORS = {
  Bool: (actual: string, wanted: string) => actual.toLowerCase() === wanted.toLowerCase(),
  StringEquals: (actual: string, wanted: string) => actual === wanted,
  NumericLessThan: (actual: string, wanted: string) => Number(actual) < Number(wanted),
} as const;

/**
 * What holds for every call of a function. Here it goes over loopback in the clear; on AWS the SDK speaks TLS 1.3, and
 * policies are about that.
 */
export const EVERY_CALL: Context = {
  'aws:securetransport': 'true',
  's3:tlsversion': '1.3',
};

/** Keys that a call sets itself: KMS is told which service asks. */
const KEYS = [...Object.keys(EVERY_CALL), 'kms:viaservice'];

export function readConditions(condition: unknown, place: string): Conditions {
  if (condition === undefined) return [];
  return Object.entries(condition as Readonly<Record<string, Readonly<Record<string, unknown>>>>).flatMap(
    ([operator, keys]) =>
      Object.entries(keys).map(([key, values]) => {
        if (!(operator in OPERATORS)) {
          throw cannotJudge(place, `the condition ${operator}`, `use one of ${Object.keys(OPERATORS).join(', ')}`);
        }
        if (!KEYS.includes(key.toLowerCase())) {
          throw cannotJudge(place, `a condition on ${key}`, `use one of ${KEYS.join(', ')}`);
        }
        return {
          operator: operator as keyof typeof OPERATORS,
          key: key.toLowerCase(),
          values: (Array.isArray(values) ? values : [values]).map(String),
        };
      }),
  );
}

/** A key that the call does not have fails its condition, as there. */
export function holds(conditions: Conditions, context: Context): boolean {
  return conditions.every(({ operator, key, values }) => {
    const actual = context[key];
    return actual !== undefined && values.some((wanted) => OPERATORS[operator](actual, wanted));
  });
}
