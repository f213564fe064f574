import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { form, header, joined, type Slot, sortedForm, url, urlAs } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/**
 * The writings of the URL that its SDK tries: proxies and Twilio disagree on whether the port is spelled out, and some
 * of its senders sign an escaped form.
 */
export const TWILIO_URLS: readonly Slot[] = [
  urlAs('with-port'),
  urlAs('without-port'),
  urlAs('normal', 'without-port'),
  urlAs('normal', 'with-port'),
  urlAs('normal', 'without-port', 'query-escaped'),
  urlAs('normal', 'with-port', 'query-escaped'),
];

/** Signs the URL and the sorted form: set the URL as configured at Twilio. A call’s id comes back with each of its states. */
export const twilio = provider({
  name: 'twilio',
  title: 'Twilio',
  scheme: {
    algorithm: 'hmac-sha1',
    key: utf8,
    content: [url, sortedForm],
    alternatives: TWILIO_URLS.map((written) => [written, sortedForm]),
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
