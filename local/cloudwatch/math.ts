/**
 * Metric math as far as the stack's alarms use it: `+ - * /`, comparisons, `IF(…)` and `FILL(m, n)` over numbers. Each
 * name stands for the value of one period; a missing one makes the result missing, unless FILL gives it one.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
export function evaluateMath(expression: string, valueOf: (name: string) => number | undefined): number | undefined {
  const tokens = expression.match(/[A-Za-z_][A-Za-z0-9_]*|\d+(?:\.\d+)?|<=|>=|==|!=|[-+*/(),<>]/g) ?? [];
  if (tokens.join('') !== expression.replaceAll(/\s/g, '')) throw unknown(expression);
  let at = 0;
  const take = (token: string): boolean => tokens[at] === token && ++at > 0;
  const expect = (token: string) => {
    if (!take(token)) throw unknown(expression);
  };

  const comparison = (): number | undefined => {
    const left = sum();
    const operator = tokens[at];
    if (operator === undefined || !Object.hasOwn(COMPARE, operator)) return left;
    at++;
    return both(left, sum(), (a, b) => Number(COMPARE[operator]?.(a, b)));
  };
  const sum = (): number | undefined => {
    let value = product();
    for (;;) {
      if (take('+')) value = both(value, product(), (a, b) => a + b);
      else if (take('-')) value = both(value, product(), (a, b) => a - b);
      else return value;
    }
  };
  const product = (): number | undefined => {
    let value = factor();
    for (;;) {
      if (take('*')) value = both(value, factor(), (a, b) => a * b);
      // A division by zero gives no data point.
      else if (take('/')) value = both(value, factor(), (a, b) => (b === 0 ? undefined : a / b));
      else return value;
    }
  };
  const factor = (): number | undefined => {
    const token = tokens[at++];
    if (token === undefined) throw unknown(expression);
    if (token === '(') {
      const value = comparison();
      expect(')');
      return value;
    }
    if (/^\d/.test(token)) return Number(token);
    if (token === 'FILL' || token === 'IF') {
      const values = args();
      const [first, second, third] = values;
      if (token === 'FILL') return first ?? second;
      return first === undefined ? undefined : first !== 0 ? second : third;
    }
    if (/^[a-z]/.test(token)) return valueOf(token);
    throw unknown(expression);
  };
  const args = (): (number | undefined)[] => {
    expect('(');
    const values = [comparison()];
    while (take(',')) values.push(comparison());
    expect(')');
    return values;
  };

  const result = comparison();
  if (at < tokens.length) throw unknown(expression);
  return result;
}

const COMPARE: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '<': (a, b) => a < b,
  '>': (a, b) => a > b,
  '<=': (a, b) => a <= b,
  '>=': (a, b) => a >= b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
};

function both(
  a: number | undefined,
  b: number | undefined,
  combine: (a: number, b: number) => number | undefined,
): number | undefined {
  return a === undefined || b === undefined ? undefined : combine(a, b);
}

function unknown(expression: string): Error {
  return new Error(`The local host does not know this metric math: ${expression}`);
}
