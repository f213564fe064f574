import type { AlarmState } from './alarm.ts';

/** `AWS::CloudWatch::CompositeAlarm`. */
export interface CompositeAlarm {
  readonly name: string;
  readonly arn: string;
  readonly description: string;
  readonly rule: string;
  readonly actions: readonly string[];
}

/**
 * Whether a rule holds: `ALARM("name or ARN")`, `OK(…)`, `INSUFFICIENT_DATA(…)`, `TRUE`, `FALSE`, with NOT before AND
 * before OR, and parentheses.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
 */
export function holds(rule: string, stateOf: (alarm: string) => AlarmState): boolean {
  const tokens = rule.match(/"[^"]*"|[A-Z_]+|[()]/g) ?? [];
  let at = 0;
  const take = (token: string): boolean => tokens[at] === token && ++at > 0;
  const expect = (token: string) => {
    if (!take(token)) throw new Error(`The local host does not know this alarm rule: ${rule}`);
  };
  // Each side is read whole, also where the other has decided.
  const or = (): boolean => {
    let value = and();
    while (take('OR')) value = and() || value;
    return value;
  };
  const and = (): boolean => {
    let value = not();
    while (take('AND')) value = not() && value;
    return value;
  };
  const not = (): boolean => (take('NOT') ? !not() : atom());
  const atom = (): boolean => {
    if (take('(')) {
      const value = or();
      expect(')');
      return value;
    }
    if (take('TRUE')) return true;
    if (take('FALSE')) return false;
    const state = tokens[at++];
    expect('(');
    const alarm = (tokens[at++] ?? '').replaceAll('"', '');
    expect(')');
    return stateOf(alarm) === state;
  };
  const value = or();
  if (at < tokens.length) throw new Error(`The local host does not know this alarm rule: ${rule}`);
  return value;
}
