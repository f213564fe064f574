import { type AddressList, digestOf, judge, readList } from '../../../lambdas/core/addresses/allowlist.ts';

const lines: AddressList = { url: 'https://lists.example.com/ips.txt', in: 'lines' };
const hooks: AddressList = { url: 'https://lists.example.com/meta', in: { array: ['hooks'] } };
const items: AddressList = {
  url: 'https://lists.example.com/ranges',
  in: { array: ['items'], member: 'cidr', where: { product: 'bitbucket', direction: 'egress' } },
};

test('reads one address a line, and leaves out comments and empty lines', () => {
  expect(readList('# ours\n3.18.12.63\n\n3.130.192.231 # new\r\n', lines)).toEqual({
    cidrs: ['3.130.192.231/32', '3.18.12.63/32'],
  });
});

test('reads an array of a JSON document, each block once', () => {
  const document = { verifiable: true, hooks: ['192.30.252.0/22', '2a0a:a440::/29', '192.30.252.0/22'] };
  expect(readList(JSON.stringify(document), hooks)).toEqual({ cidrs: ['192.30.252.0/22', '2a0a:a440::/29'] });
});

test('reads the addresses of those objects that have what is asked for', () => {
  const document = {
    items: [
      { cidr: '104.192.136.0/21', product: ['bitbucket', 'jira'], direction: ['egress'] },
      { cidr: '18.246.31.0/24', product: ['bitbucket'], direction: ['ingress'] },
      { cidr: '18.246.32.0/24', product: ['jira'], direction: ['egress'] },
    ],
  };
  expect(readList(JSON.stringify(document), items)).toEqual({ cidrs: ['104.192.136.0/21'] });
});

test.each([
  ['an empty text', '', lines, 'it is empty'],
  ['an empty array', '{"hooks":[]}', hooks, 'it is empty'],
  ['a page of an error', '<html>', hooks, 'it is no JSON'],
  ['another document', '{"actions":[]}', hooks, 'it has no array at hooks'],
  [
    'a prototype',
    '{"__proto__":{"hooks":["3.18.12.63"]}}',
    { ...hooks, in: { array: ['constructor'] } },
    'it has no array at constructor',
  ],
  ['what is no address', '3.18.12.63\nexample.com\n', lines, 'it has "example.com", which is no address'],
  ['a number', '{"hooks":[3]}', hooks, 'it has 3, which is no address'],
  ['everybody', '0.0.0.0/0', lines, '0.0.0.0/0 is wider than any sender'],
  ['everybody of IPv6', '::/0', lines, '::/0 is wider than any sender'],
  ['a continent', '52.0.0.0/11', lines, '52.0.0.0/11 is wider than any sender'],
  ['a private network', '10.1.0.0/16', lines, '10.1.0.0/16 is not an address of the internet'],
  ['this machine', '127.0.0.1', lines, '127.0.0.1/32 is not an address of the internet'],
  ['the metadata of a cloud', '169.254.169.254', lines, '169.254.169.254/32 is not an address of the internet'],
  ['IPv4 in IPv6', '::ffff:3.18.12.63', lines, '::ffff:312:c3f/128 is not an address of the internet'],
])('refuses %s whole', (_, text, list, reason) => {
  expect(readList(text, list)).toEqual({ unsound: reason });
});

test('refuses too many blocks, and too many addresses', () => {
  const many = Array.from({ length: 2_001 }, (_, at) => `3.${at >> 8}.${at & 255}.1`).join('\n');
  expect(readList(many, lines)).toEqual({ unsound: 'it has 2001 blocks, more than 2000' });
  const wide = Array.from({ length: 65 }, (_, at) => `52.${at}.0.0/16`).join('\n');
  expect(readList(wide, lines)).toEqual({ unsound: 'its IPv4 blocks have more than 4194304 addresses together' });
});

const inForce = ['3.0.0.1/32', '3.0.0.2/32', '3.0.0.3/32', '3.0.0.4/32'];

test('a small change is applied at once', () => {
  const published = ['3.0.0.1/32', '3.0.0.2/32', '3.0.0.3/32', '3.0.0.5/32'];
  expect(judge({ revision: 1, cidrs: inForce }, published)).toEqual({
    verdict: 'apply',
    change: { added: ['3.0.0.5/32'], removed: ['3.0.0.4/32'] },
    by: 'schedule',
  });
});

test('more than half as many changes as there were blocks wait for a person, who approves this list and no other', () => {
  const published = ['3.0.0.1/32', '3.0.0.6/32', '3.0.0.7/32', '3.0.0.8/32'];
  const seen = { revision: 1, cidrs: inForce };
  const digest = digestOf(published);
  expect(judge(seen, published)).toMatchObject({ verdict: 'hold', digest });
  expect(judge({ ...seen, approved: { digest, by: 'ada' } }, published)).toMatchObject({ verdict: 'apply', by: 'ada' });
  expect(judge({ ...seen, approved: { digest, by: 'ada' } }, [...published, '3.0.0.9/32'])).toMatchObject({
    verdict: 'hold',
  });
});

test.each([
  ['a network among hosts', inForce, [...inForce, '52.7.0.0/24']],
  [
    'a network as large as all',
    ['192.30.252.0/22', '185.199.108.0/22'],
    ['192.30.252.0/22', '185.199.108.0/22', '45.33.0.0/16'],
  ],
  ['the first network of IPv6', inForce, [...inForce, '2a0a:a440::/48']],
  ['more than a quarter gone', inForce, inForce.slice(0, 2)],
  ['the largest block gone', [...inForce, '52.7.0.0/24', '3.0.0.6/32'], [...inForce, '3.0.0.6/32']],
])('%s waits for a person, though few blocks change', (_, cidrs, published) => {
  expect(judge({ revision: 1, cidrs }, published)).toMatchObject({ verdict: 'hold' });
});

test('networks like those in force, and one of four gone, do not', () => {
  const cidrs = ['140.82.112.0/20', '143.55.64.0/20', '185.199.108.0/22', '192.30.252.0/22'];
  expect(judge({ revision: 1, cidrs }, [...cidrs, '45.33.0.0/22', '45.34.0.0/22'])).toMatchObject({ verdict: 'apply' });
  expect(judge({ revision: 1, cidrs }, cidrs.slice(0, 3))).toMatchObject({ verdict: 'apply' });
});

test('the first list is taken when nothing is in force', () => {
  expect(judge({ revision: 0, cidrs: [] }, inForce)).toMatchObject({ verdict: 'apply', by: 'schedule' });
});
