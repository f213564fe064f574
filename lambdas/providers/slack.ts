import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, capture, form, header, json, timestamp } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** Events are JSON; slash commands and interactivity are forms under the same signature. */
export const slack = provider({
  name: 'slack',
  title: 'Slack',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: ['v0:', timestamp, ':', body],
    signature: { in: header('X-Slack-Signature'), grammar: plain('v0='), encoding: 'hex' },
    timestamp: { in: header('X-Slack-Request-Timestamp'), unit: 's' },
  },
  id: [json('/event_id'), form('trigger_id'), capture(form('payload'), /"trigger_id":"([A-Za-z0-9._-]{1,128})"/)],
  type: [json('/event/type'), json('/type'), form('command'), capture(form('payload'), /^\{"type":"([a-z_]{1,64})"/)],
  orderKey: [json('/team_id'), json('/enterprise_id'), form('team_id')],
  redelivers: true,
  timeoutSeconds: 3,
  acknowledge: { status: 200 },
  handshakes: [
    {
      // Slack looks whether the certificate is good. Its own receiver answers before it verifies, and so nothing is signed
      // or repeated here; a JSON event must never be taken for it, whatever people write in a channel.
      method: 'POST',
      signed: false,
      when: [
        { part: header('Content-Type'), matches: /^application\/x-www-form-urlencoded(?:;[ -~]{0,80})?$/i },
        { part: form('ssl_check'), equals: '1' },
        { part: form('command'), absent: true },
        { part: form('payload'), absent: true },
      ],
      answer: { status: 200 },
    },
    {
      method: 'POST',
      signed: true,
      when: [
        { part: json('/type'), equals: 'url_verification' },
        { part: json('/challenge'), matches: /^[A-Za-z0-9_-]{1,256}$/ },
      ],
      answer: { status: 200, json: { challenge: [json('/challenge')] } },
    },
  ],
  sources: ['https://api.slack.com/events/url_verification', 'npm @slack/bolt 5.1.0'],
});
