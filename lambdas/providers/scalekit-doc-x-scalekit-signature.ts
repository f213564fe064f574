import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** For senders built from that page; Scalekit’s own SDK does not verify this format. */
export const scalekitDocXScalekitSignature = provider({
  name: 'scalekit-doc-x-scalekit-signature',
  title: 'Scalekit, as one page of its documentation shows it',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [body],
    signature: { in: header('x-scalekit-signature'), grammar: plain('sha256='), encoding: 'hex' },
  },
  id: [json('/id')],
  type: [json('/type')],
  orderKey: [json('/organization_id')],
  redelivers: true,
  acknowledge: { status: 201 },
  sources: ['Scalekit webhook security page'],
  unchecked: ['that anything sends it: the SDK has no such format'],
});
