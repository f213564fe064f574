import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { header, json, query, url } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';
import { TWILIO_URLS } from './twilio.ts';

/** Signs the URL only; the body is covered because the URL carries its hash. Leave the source’s `url` unset. */
export const twilioJson = provider({
  name: 'twilio-json',
  title: 'Twilio with a JSON body',
  scheme: {
    algorithm: 'hmac-sha1',
    key: utf8,
    content: [url],
    alternatives: TWILIO_URLS.map((written) => [written]),
    bodyHash: { in: query('bodySHA256'), encoding: 'hex' },
    signature: { in: header('X-Twilio-Signature'), grammar: plain(), encoding: 'base64' },
  },
  id: [],
  type: [json('/type'), json('/0/type'), json('/EventType'), 'request'],
  redelivers: true,
  timeoutSeconds: 15,
  acknowledge: { status: 200 },
  sources: ['npm twilio 6.2.0 (validateRequestWithBody)'],
  unchecked: ['its fields, 15 s and retries'],
});
