import { AlarmBook, type StateChange } from '../../local/cloudwatch/alarm-book.ts';
import { type AlarmState, evaluate, type MetricAlarm } from '../../local/cloudwatch/alarm.ts';
import { holds } from '../../local/cloudwatch/composite-alarm.ts';
import { evaluateMath } from '../../local/cloudwatch/math.ts';
import { MetricStore } from '../../local/cloudwatch/metric-store.ts';

const MINUTE = 60_000;
const NOON = 1_795_334_400_000;
const series = { namespace: 'Hookgate/local', name: 'Failed', dimensions: { Source: 'inkress' } };

function alarmWith(more: Partial<MetricAlarm> = {}): MetricAlarm {
  return {
    name: 'failures',
    arn: 'arn:aws:cloudwatch:us-east-1:000000000000:alarm:failures',
    description: '',
    metrics: { only: { series, statistic: 'Sum', periodMs: MINUTE } },
    expression: 'only',
    periodMs: MINUTE,
    threshold: 0,
    comparison: 'GreaterThanThreshold',
    evaluationPeriods: 3,
    datapointsToAlarm: 3,
    treatMissingData: 'missing',
    actions: [],
    insufficientDataActions: [],
    ...more,
  };
}

/** `0` within the threshold, `X` beyond it, `-` missing; the newest last. */
function measured(points: string): MetricStore {
  const store = new MetricStore();
  const marks = points.split(' ');
  marks.forEach((mark, i) => {
    const time = NOON - (marks.length - i) * MINUTE;
    if (mark !== '-') store.add({ ...series, time, values: [mark === 'X' ? 1 : 0] });
  });
  return store;
}

const TREATMENTS = ['missing', 'ignore', 'breaching', 'notBreaching'] as const;
/** What an alarm that ignores keeps. */
const KEPT: AlarmState = 'INSUFFICIENT_DATA';

// The tables of https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
describe.each([
  [3, '0 - X - X', ['OK', 'OK', 'OK', 'OK']],
  [3, '- - - - 0', ['OK', 'OK', 'OK', 'OK']],
  [3, '- - - - -', ['INSUFFICIENT_DATA', KEPT, 'ALARM', 'OK']],
  [3, '0 X X - X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
  [3, '- - X - -', ['ALARM', KEPT, 'ALARM', 'OK']],
  [2, '0 - X - X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
  [2, '0 0 X 0 X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
  [2, '0 - X - -', ['OK', 'OK', 'ALARM', 'OK']],
  [2, '- - - - 0', ['OK', 'OK', 'ALARM', 'OK']],
  [2, '- - - - X', ['ALARM', KEPT, 'ALARM', 'OK']],
] as const)('%i of three periods, measured %s', (datapointsToAlarm, points, states) => {
  test.each(TREATMENTS.map((treatment, i) => [treatment, states[i]] as const))(
    'missing as %s: %s',
    (treatment, state) => {
      const alarm = alarmWith({ datapointsToAlarm, treatMissingData: treatment });
      expect(evaluate(alarm, measured(points), NOON, KEPT).state).toBe(state);
    },
  );
});

describe('one of one', () => {
  const alarm = alarmWith({ evaluationPeriods: 1, datapointsToAlarm: 1, treatMissingData: 'notBreaching' });

  test('rings in the minute after the cause and ends three minutes after the last, for AWS looks further back', () => {
    const store = measured('X - -');
    const states = [-2, -1, 0, 1].map((minute) => evaluate(alarm, store, NOON + minute * MINUTE, 'OK').state);
    expect(states).toEqual(['ALARM', 'ALARM', 'ALARM', 'OK']);
  });

  test('ends at once when it is measured to be over', () => {
    expect(evaluate(alarm, measured('X X 0'), NOON, 'ALARM').state).toBe('OK');
  });

  test.each([
    ['GreaterThanThreshold', 10, 'OK'],
    ['GreaterThanThreshold', 11, 'ALARM'],
    ['GreaterThanOrEqualToThreshold', 10, 'ALARM'],
    ['LessThanThreshold', 10, 'OK'],
    ['LessThanThreshold', 9, 'ALARM'],
    ['LessThanOrEqualToThreshold', 10, 'ALARM'],
  ] as const)('%s of 10, measured %i: %s', (comparison, value, state) => {
    const store = new MetricStore();
    store.add({ ...series, time: NOON - MINUTE, values: [value] });
    expect(evaluate({ ...alarm, comparison, threshold: 10 }, store, NOON, 'OK').state).toBe(state);
  });
});

describe('metric math', () => {
  const values: Record<string, number | undefined> = { a: 6, b: 3, zero: 0 };
  test.each([
    ['a + b', 9],
    ['a - b - b', 0],
    ['a + b * 2', 12],
    ['(a + b) / 3', 3],
    ['a / zero', undefined],
    ['a + gone', undefined],
    ['a + FILL(gone, 0)', 6],
    ['FILL(gone, 0) + FILL(b, 0)', 3],
    ['IF(a > b, a, b)', 6],
    ['IF(a <= b, a, b)', 3],
  ])('%s is %s', (expression, result) => {
    expect(evaluateMath(expression, (name) => values[name])).toBe(result);
  });

  test.each(['SEARCH("x", "Sum")', 'a +', 'a b', 'ANOMALY_DETECTION_BAND(a, 2)'])(
    '%s is refused by its text',
    (text) => {
      expect(() => evaluateMath(text, () => 1)).toThrow(`The local host does not know this metric math: ${text}`);
    },
  );
});

describe('a composite alarm', () => {
  const states: Record<string, AlarmState> = { rings: 'ALARM', fine: 'OK', silent: 'INSUFFICIENT_DATA' };
  const stateOf = (name: string) => states[name] ?? 'OK';
  test.each([
    ['ALARM("rings")', true],
    ['ALARM("fine")', false],
    ['(ALARM("fine") OR ALARM("rings"))', true],
    ['ALARM("rings") AND NOT ALARM("fine")', true],
    ['ALARM("fine") AND ALARM("fine") OR ALARM("rings")', true],
    ['ALARM("fine") AND (ALARM("fine") OR ALARM("rings"))', false],
    ['INSUFFICIENT_DATA("silent") AND OK("fine")', true],
    ['FALSE OR TRUE', true],
  ])('%s: %s', (rule, rings) => {
    expect(holds(rule, stateOf)).toBe(rings);
  });
});

describe('the alarms of a stack', () => {
  function book(treatMissingData: MetricAlarm['treatMissingData'], since: number) {
    const store = new MetricStore();
    const changes: string[] = [];
    const onChange = ({ alarm, from, to }: StateChange) => changes.push(`${alarm.name}: ${from} → ${to}`);
    const metricAlarms = [alarmWith({ evaluationPeriods: 1, datapointsToAlarm: 1, treatMissingData })];
    const rule = 'ALARM("arn:aws:cloudwatch:us-east-1:000000000000:alarm:failures")';
    const unhealthy = { name: 'unhealthy', arn: 'arn:x:alarm:unhealthy', description: '', rule, actions: [] };
    const alarms = new AlarmBook({ metricAlarms, compositeAlarms: [unhealthy], store, since, onChange });
    return { store, changes, alarms };
  }

  test('a change is told once, and the composite alarm follows in the same minute', () => {
    const { store, changes, alarms } = book('notBreaching', NOON);
    alarms.evaluate(NOON);
    store.add({ ...series, time: NOON, values: [1] });
    for (let minute = 1; minute <= 5; minute++) alarms.evaluate(NOON + minute * MINUTE);
    expect(changes).toEqual([
      'failures: INSUFFICIENT_DATA → OK',
      'unhealthy: INSUFFICIENT_DATA → OK',
      'failures: OK → ALARM',
      'unhealthy: OK → ALARM',
      'failures: ALARM → OK',
      'unhealthy: ALARM → OK',
    ]);
    expect(alarms.status('failures').since).toBe(NOON + 4 * MINUTE);
  });

  test('an alarm that was set by hand rings until the next minute', () => {
    const { alarms } = book('notBreaching', NOON);
    alarms.evaluate(NOON);
    alarms.set('failures', 'ALARM', 'tried', NOON + 1);
    expect([alarms.status('failures'), alarms.status('unhealthy').state]).toEqual([
      { state: 'ALARM', reason: 'tried', since: NOON + 1 },
      'ALARM',
    ]);
    alarms.evaluate(NOON + MINUTE);
    expect([alarms.status('failures').state, alarms.status('unhealthy').state]).toEqual(['OK', 'OK']);
  });

  test('silence from before the host ran says nothing', () => {
    const { alarms } = book('breaching', NOON);
    const states = [0, 1, 2, 3].map((minute) => {
      alarms.evaluate(NOON + minute * MINUTE);
      return alarms.status('failures').state;
    });
    expect(states).toEqual(['INSUFFICIENT_DATA', 'INSUFFICIENT_DATA', 'INSUFFICIENT_DATA', 'ALARM']);
  });
});
