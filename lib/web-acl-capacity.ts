import type { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import type { Statement } from './web-acl-statements.ts';

/**
 * Of AWS WAF, for one web ACL. Beyond 1,500 units a request costs more; 5,000, 50 and 10 can't be raised.
 * https://docs.aws.amazon.com/waf/latest/developerguide/limits.html
 */
const MOST_UNITS = 5_000;
const MOST_REFERENCES = 50;
const MOST_RATE_RULES = 10;
const MOST_ADDRESSES_OF_A_SET = 10_000;
const UNITS_OF_A_TRANSFORMATION = 10;

/** https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-ip-rep.html */
const UNITS_OF_MANAGED: Readonly<Record<string, number>> = { AWSManagedRulesAmazonIpReputationList: 25 };

interface Rule {
  readonly statement: Statement;
  readonly labels?: readonly string[];
}

/** What AWS WAF would refuse at deployment, said at synth: rules that cost too much, too many sets, sets too large. */
export function capacityProblems(rules: readonly Rule[], sets: readonly (readonly string[])[]): string[] {
  const units = capacityOf(rules);
  const references = rules.reduce((sum, { statement }) => sum + referencesOf(statement), 0);
  const rates = rules.filter(({ statement }) => statement.rateBasedStatement).length;
  const largest = Math.max(0, ...sets.map(({ length }) => length));
  return [
    ...(units > MOST_UNITS
      ? [
          `The web ACL needs ${units} capacity units where AWS WAF allows ${MOST_UNITS}: let sources share a stage less.`,
        ]
      : []),
    ...(references > MOST_REFERENCES
      ? [
          `The web ACL mentions IP sets ${references} times where AWS WAF allows ${MOST_REFERENCES}: ` +
            'give sources the same allow in lib/config.ts, or split them over stages.',
        ]
      : []),
    ...(rates > MOST_RATE_RULES
      ? [
          `The web ACL has ${rates} rules that limit rates where AWS WAF allows ${MOST_RATE_RULES}, one for all addresses and ` +
            'one for each throttle: give more sources the same throttle in lib/config.ts, or split them over stages.',
        ]
      : []),
    ...(largest > MOST_ADDRESSES_OF_A_SET
      ? [`An allow in lib/config.ts has ${largest} CIDRs where an IP set takes ${MOST_ADDRESSES_OF_A_SET}: join some.`]
      : []),
  ];
}

/**
 * What the rules cost, in web ACL capacity units.
 * https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statements-list.html
 */
export function capacityOf(rules: readonly Rule[]): number {
  // Five labels cost one unit: https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-label-add.html
  return rules.reduce((sum, { statement, labels = [] }) => sum + unitsOf(statement) + Math.ceil(labels.length / 5), 0);
}

function unitsOf(statement: Statement): number {
  const { byteMatchStatement, regexMatchStatement, rateBasedStatement, managedRuleGroupStatement } = statement;
  const inner = childrenOf(statement).reduce((sum, child) => sum + unitsOf(child), 0);
  if (byteMatchStatement && 'positionalConstraint' in byteMatchStatement) {
    const base = byteMatchStatement.positionalConstraint === 'CONTAINS' ? 10 : 2;
    return base + transformations(byteMatchStatement.textTransformations);
  }
  if (regexMatchStatement && 'regexString' in regexMatchStatement) {
    return 3 + transformations(regexMatchStatement.textTransformations);
  }
  if (rateBasedStatement && 'limit' in rateBasedStatement) {
    const keys = Array.isArray(rateBasedStatement.customKeys) ? rateBasedStatement.customKeys.length : 0;
    return 2 + 30 * keys + inner;
  }
  if (managedRuleGroupStatement && 'name' in managedRuleGroupStatement) {
    const units = UNITS_OF_MANAGED[managedRuleGroupStatement.name];
    if (units === undefined) throw new Error(`What ${managedRuleGroupStatement.name} costs is not known: look it up.`);
    return units + inner;
  }
  const single =
    statement.ipSetReferenceStatement ?? statement.labelMatchStatement ?? statement.sizeConstraintStatement;
  return (single ? 1 : 0) + inner;
}

function referencesOf(statement: Statement): number {
  const own = (statement.ipSetReferenceStatement ?? statement.managedRuleGroupStatement) ? 1 : 0;
  return childrenOf(statement).reduce((sum, child) => sum + referencesOf(child), own);
}

function childrenOf(statement: Statement): Statement[] {
  const { andStatement, orStatement, notStatement, rateBasedStatement, managedRuleGroupStatement } = statement;
  const lists = [andStatement, orStatement].flatMap((list) => (list && 'statements' in list ? list.statements : []));
  const scopes = [rateBasedStatement, managedRuleGroupStatement].flatMap((part) =>
    part && 'scopeDownStatement' in part ? part.scopeDownStatement : [],
  );
  const negated = notStatement && 'statement' in notStatement ? [notStatement.statement] : [];
  // Tokens are for values that are known at deployment; these rules have none but ARNs.
  return [...(Array.isArray(lists) ? lists : []), ...scopes, ...negated] as Statement[];
}

function transformations(list: CfnWebACL.ByteMatchStatementProperty['textTransformations']): number {
  const applied = (Array.isArray(list) ? list : []) as CfnWebACL.TextTransformationProperty[];
  return applied.filter(({ type }) => type !== 'NONE').length * UNITS_OF_A_TRANSFORMATION;
}
