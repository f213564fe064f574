import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

export const bitbucket = provider({
  name: 'bitbucket',
  title: 'Bitbucket Cloud',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [body],
    signature: { in: header('X-Hub-Signature'), grammar: plain('sha256='), encoding: 'hex' },
  },
  id: [header('X-Request-UUID')],
  type: [header('X-Event-Key')],
  orderKey: [json('/repository/workspace/uuid')],
  redelivers: true,
  acknowledge: { status: 200 },
  addressList: {
    url: 'https://ip-ranges.atlassian.com/',
    in: { array: ['items'], member: 'cidr', where: { product: 'bitbucket', direction: 'egress' } },
  },
  unsigned: { id: 'X-Request-UUID is a header, and only the body is signed' },
  sources: ['https://github.com/webhook-co/webhook (a third party’s registry)'],
  unchecked: ['that it redelivers, its timeout and the form of its address list'],
});
