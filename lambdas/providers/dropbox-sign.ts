import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { form, json, jsonIn } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** Sends a form whose field `json` holds the event. The secret is the API key. */
export const dropboxSign = provider({
  name: 'dropbox-sign',
  title: 'Dropbox Sign',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [jsonIn(form('json'), '/event/event_time'), jsonIn(form('json'), '/event/event_type')],
    alternatives: [[json('/event/event_time'), json('/event/event_type')]],
    signature: {
      in: { place: 'any', of: [jsonIn(form('json'), '/event/event_hash'), json('/event/event_hash')] },
      grammar: plain(),
      encoding: 'hex',
    },
  },
  id: [],
  type: [jsonIn(form('json'), '/event/event_type'), json('/event/event_type')],
  orderKey: [jsonIn(form('json'), '/signature_request/signature_request_id')],
  // Two events of one type in one second have the same signed content.
  dedupe: 'body',
  redelivers: true,
  acknowledge: { status: 200, body: 'Hello API Event Received' },
  unsigned: { body: 'only the time and the type of the event are signed' },
  sources: ['npm @dropbox/sign (EventCallbackHelper)'],
  unchecked: ['that the answer must contain its phrase, its timeout and retries'],
});
