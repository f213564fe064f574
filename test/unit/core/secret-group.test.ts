import {
  entryOfSource,
  groupText,
  parseGroup,
  withCurrent,
  withoutPrevious,
} from '../../../lambdas/core/secrets/secret-group.ts';

const NOON = Date.UTC(2026, 10, 22, 12);

test('each source has its own current and previous value and its own time', () => {
  let group = withCurrent({}, 'shop', 'one', NOON);
  group = withCurrent(group, 'crm', 'other', NOON + 1_000);
  group = withCurrent(group, 'shop', 'two', NOON + 2_000);

  expect(parseGroup(groupText(group))).toEqual({
    shop: { current: 'two', since: '2026-11-22T12:00:02.000Z', previous: 'one' },
    crm: { current: 'other', since: '2026-11-22T12:00:01.000Z' },
  });
});

test('a revoked value is gone, and those of other sources stay', () => {
  const group = {
    shop: { current: 'two', previous: 'one' },
    crm: { current: 'b', previous: 'a' },
  };
  expect(withoutPrevious(group, 'shop')).toEqual({ shop: { current: 'two' }, crm: { current: 'b', previous: 'a' } });
  expect(withoutPrevious(group, 'none')).toEqual(group);
});

test('a bare value that somebody wrote in the console is a current one', () => {
  expect(parseGroup('{"shop":"one"}')).toEqual({ shop: { current: 'one' } });
});

test('a time that is none is left out', () => {
  expect(parseGroup('{"shop":{"current":"one","since":"yesterday"}}')).toEqual({ shop: { current: 'one' } });
});

test.each(['constructor', '__proto__', 'toString'])('a source named %s has no entry that it was not given', (name) => {
  expect(entryOfSource(parseGroup('{}'), name)).toBeUndefined();
});

test.each(['', 'plain', '[]', 'null', '{"shop":{}}', '{"shop":{"current":7}}'])(
  '%j is refused without a word of what it holds',
  (text) => {
    expect(() => parseGroup(text)).toThrow(
      /^(A secret of many sources must be|The entry of shop in its group's secret)/,
    );
  },
);
