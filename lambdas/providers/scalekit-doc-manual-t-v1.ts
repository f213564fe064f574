import { kv } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json, sigParam, timestamp } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** For senders built from that page; Scalekit’s own SDK does not verify this format. */
export const scalekitDocManualTV1 = provider({
  name: 'scalekit-doc-manual-t-v1',
  title: 'Scalekit, as its manual sample shows it',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [timestamp, '.', body],
    signature: { in: header('webhook-signature'), grammar: kv(',', 'v1'), encoding: 'hex' },
    timestamp: { in: sigParam('t'), unit: 's' },
  },
  id: [json('/id')],
  type: [json('/type')],
  orderKey: [json('/organization_id')],
  redelivers: true,
  acknowledge: { status: 201 },
  sources: ['Scalekit webhook best practices page'],
  unchecked: ['that anything sends it: the SDK refuses this format'],
});
