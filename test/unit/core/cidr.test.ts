import { addressSet, overlap, parseCidr } from '../../../lambdas/core/addresses/cidr.ts';

test.each([
  ['192.0.2.0/24', '192.0.2.0/24'],
  ['192.0.2.7', '192.0.2.7/32'],
  ['192.0.2.7/24', '192.0.2.0/24'],
  [' 255.255.255.255/32 ', '255.255.255.255/32'],
  ['2001:0db8:0000:0000:0000:0000:0000:0000/32', '2001:db8::/32'],
  ['2001:DB8::1', '2001:db8::1/128'],
  ['2a0a:a440::/29', '2a0a:a440::/29'],
  ['::ffff:192.0.2.7/128', '::ffff:c000:207/128'],
])('%s is written %s', (text, canonical) => {
  expect(parseCidr(text)?.text).toBe(canonical);
});

test.each([
  '',
  '192.0.2',
  '192.0.2.0/33',
  '192.0.2.0/-1',
  '192.0.2.0/2 4',
  '192.0.2.0/24/1',
  '::/129',
  'fe80::1%eth0',
  'x',
])('"%s" is no CIDR', (text) => {
  expect(parseCidr(text)).toBeUndefined();
});

test.each([
  ['10.0.0.0/8', '10.1.2.0/24', true],
  ['10.1.2.0/24', '10.0.0.0/8', true],
  ['10.1.2.0/24', '10.1.3.0/24', false],
  ['2001:db8::/32', '2001:db8:1::/48', true],
  ['0.0.0.0/8', '::/8', false],
])('%s and %s overlap: %s', (a, b, expected) => {
  const [left, right] = [parseCidr(a), parseCidr(b)];
  expect(left && right && overlap(left, right)).toBe(expected);
});

test('a set has the addresses of its blocks in both families, and nothing that is no address', () => {
  const contains = addressSet(['192.0.2.0/24', '2001:db8::/32', '198.51.100.9']);
  expect(['192.0.2.255', '2001:db8:ffff::1', '198.51.100.9'].map(contains)).toEqual([true, true, true]);
  expect(['192.0.3.0', '2001:db9::', '198.51.100.8', '', 'unknown', '192.0.2.1, 203.0.113.9'].map(contains)).toEqual([
    false,
    false,
    false,
    false,
    false,
    false,
  ]);
});
