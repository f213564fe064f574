import type { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import { RETRY_AFTER_SECONDS } from '../lambdas/core/receipt.ts';
import type { Throttle } from './config.ts';

/** The words that the rules of `web-acl.ts` are written in. */
export type Statement = CfnWebACL.StatementProperty;

export const RATE_WINDOW_SECONDS = 60;
export const UNCHANGED: CfnWebACL.TextTransformationProperty[] = [{ priority: 0, type: 'NONE' }];

/** Of AWS WAF. https://docs.aws.amazon.com/waf/latest/APIReference/API_RegexMatchStatement.html */
const LONGEST_REGEX = 512;

/**
 * Exactly the paths of these sources, with and without the stage: AWS WAF sees what was sent, which names the stage at the
 * API's own address and doesn't at a custom domain. As many names as fit stand in one expression, which costs 3 capacity
 * units however many they are; names have letters, digits and hyphens only, so none means anything else in it.
 */
export function pathsOf(stage: string, sources: readonly string[]): Statement[] {
  const prefix = `^/(?:${stage}/)?webhooks/(?:`;
  const suffix = ')$';
  const expressions: string[] = [];
  let names = '';
  for (const source of [...sources].sort()) {
    const longer = names === '' ? source : `${names}|${source}`;
    if (prefix.length + longer.length + suffix.length > LONGEST_REGEX) {
      expressions.push(`${prefix}${names}${suffix}`);
      names = source;
    } else names = longer;
  }
  if (names !== '') expressions.push(`${prefix}${names}${suffix}`);
  return expressions.map((regexString) => ({
    regexMatchStatement: { fieldToMatch: { uriPath: {} }, regexString, textTransformations: UNCHANGED },
  }));
}

export function adminPaths(stage: string): Statement[] {
  return ['/admin/', `/${stage}/admin/`].map((path) => pathIs('STARTS_WITH', path));
}

/** A prefix admits whatever follows it, so what follows must not lead out again to a source's path. */
export function climbs(): Statement {
  return pathIs('CONTAINS', '/..', [{ priority: 0, type: 'URL_DECODE' }]);
}

function pathIs(
  positionalConstraint: 'STARTS_WITH' | 'CONTAINS',
  searchString: string,
  textTransformations = UNCHANGED,
): Statement {
  return {
    byteMatchStatement: { fieldToMatch: { uriPath: {} }, positionalConstraint, searchString, textTransformations },
  };
}

export function hasLabel(key: string): Statement {
  return { labelMatchStatement: { scope: 'LABEL', key } };
}

export function inSet(arn: string): Statement {
  return { ipSetReferenceStatement: { arn } };
}

export function not(statement: Statement): Statement {
  return { notStatement: { statement } };
}

/** AWS WAF takes `and` and `or` of two and more only. */
export function all(statements: readonly Statement[]): Statement {
  const [first] = statements;
  return first && statements.length === 1 ? first : { andStatement: { statements: [...statements] } };
}

export function any(statements: readonly Statement[]): Statement {
  const [first] = statements;
  return first && statements.length === 1 ? first : { orStatement: { statements: [...statements] } };
}

/** @see https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based-high-level-settings.html */
export function rate({ requestsPerMinute }: Throttle) {
  return { limit: requestsPerMinute, evaluationWindowSec: RATE_WINDOW_SECONDS };
}

/** What the sender is told, in the words of the verifier's own answers. */
const ANSWERS = { 403: 'forbidden', 404: 'not-found', 429: 'too-many-requests' } as const;

export function tooMany() {
  return answer(429, [{ name: 'retry-after', value: String(RETRY_AFTER_SECONDS) }]);
}

/**
 * A custom response of AWS WAF takes precedence over a gateway response of API Gateway.
 *
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/customizing-the-response-for-blocked-requests.html
 */
export function answer(responseCode: keyof typeof ANSWERS, responseHeaders?: CfnWebACL.CustomHTTPHeaderProperty[]) {
  return {
    block: {
      customResponse: {
        responseCode,
        customResponseBodyKey: bodyKey(responseCode),
        ...(responseHeaders && { responseHeaders }),
      },
    },
  };
}

export function answerBodies(): Record<string, CfnWebACL.CustomResponseBodyProperty> {
  return Object.fromEntries(
    Object.entries(ANSWERS).map(([status, error]) => [
      bodyKey(Number(status)),
      { contentType: 'APPLICATION_JSON', content: JSON.stringify({ error }) },
    ]),
  );
}

function bodyKey(status: number): string {
  return `answer-${status}`;
}

export function visibility(metricName: string) {
  return { cloudWatchMetricsEnabled: true, sampledRequestsEnabled: true, metricName };
}
