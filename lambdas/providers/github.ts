import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** Redelivers only when a person asks, within 3 days. The SHA-1 header is ignored. */
export const github = provider({
  name: 'github',
  title: 'GitHub',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [body],
    signature: { in: header('X-Hub-Signature-256'), grammar: plain('sha256='), encoding: 'hex' },
  },
  id: [header('X-GitHub-Delivery')],
  type: [header('X-GitHub-Event')],
  orderKey: [json('/organization/id'), json('/installation/id'), json('/repository/id')],
  redelivers: false,
  timeoutSeconds: 10,
  acknowledge: { status: 202 },
  addressList: { url: 'https://api.github.com/meta', in: { array: ['hooks'] } },
  unsigned: { id: 'X-GitHub-Delivery is a header, and only the body is signed' },
  sources: [
    'https://github.com/github/docs (webhooks/using-webhooks)',
    'npm @octokit/webhooks-methods 6.0.0',
    'https://github.blog/changelog/2026-10-29-webhook-ip-ranges-added-to-the-meta-api',
  ],
});
