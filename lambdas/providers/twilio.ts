import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { form, header, joined, sortedForm, url, urlAs } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** Signs the URL and the sorted form: set the URL as configured at Twilio. A call’s id comes back with each of its states. */
export const twilio = provider({
  name: 'twilio',
  title: 'Twilio',
  scheme: {
    algorithm: 'hmac-sha1',
    key: utf8,
    content: [url, sortedForm],
    // Proxies and Twilio disagree on whether the default port is spelled out.
    alternatives: [
      [urlAs('with-port'), sortedForm],
      [urlAs('without-port'), sortedForm],
    ],
    signature: { in: header('X-Twilio-Signature'), grammar: plain(), encoding: 'base64' },
  },
  id: [form('MessageSid'), form('CallSid'), form('SmsSid')],
  type: [
    joined('message.', form('MessageStatus')),
    joined('call.', form('CallStatus')),
    joined('sms.', form('SmsStatus')),
    'request',
  ],
  orderKey: [form('MessageSid'), form('CallSid')],
  dedupe: 'content',
  redelivers: true,
  timeoutSeconds: 15,
  acknowledge: { status: 200 },
  sources: ['npm twilio 6.2.0 (validateRequest)'],
  unchecked: ['15 s, the I-Twilio-Idempotency-Token header and retries'],
});
