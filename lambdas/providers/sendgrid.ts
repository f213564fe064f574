import { plain } from '../core/scheme/grammar.ts';
import { body, header, json, timestamp } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** One request holds a list of events; id and type are the first one’s. */
export const sendgrid = provider({
  name: 'sendgrid',
  title: 'SendGrid event webhook',
  scheme: {
    algorithm: 'ecdsa-p256-sha256',
    key: { key: 'public', type: 'ec' },
    content: [timestamp, body],
    signature: { in: header('X-Twilio-Email-Event-Webhook-Signature'), grammar: plain(), encoding: 'base64' },
    timestamp: { in: header('X-Twilio-Email-Event-Webhook-Timestamp'), unit: 's' },
  },
  id: [json('/0/sg_event_id'), json('/sg_event_id')],
  type: [json('/0/event'), json('/event')],
  dedupe: 'content',
  redelivers: true,
  acknowledge: { status: 200 },
  sources: ['npm @sendgrid/eventwebhook 8.0.0, which holds no window against the timestamp'],
  unchecked: ['retries for up to 24 h'],
});
