import { utf8 } from '../core/scheme/key.ts';
import { header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** The older of GitLab’s two ways; prefer the signing token. */
export const gitlabToken = provider({
  name: 'gitlab-token',
  title: 'GitLab with a secret token',
  scheme: { algorithm: 'token', key: utf8, token: { in: header('X-Gitlab-Token') } },
  id: [header('Idempotency-Key'), header('X-Gitlab-Event-UUID')],
  type: [header('X-Gitlab-Event'), json('/object_kind')],
  orderKey: [json('/project_id')],
  redelivers: true,
  timeoutSeconds: 10,
  acknowledge: { status: 200 },
  unsigned: {
    body: 'nothing is signed: the token is sent as it is with every request',
    id: 'nothing is signed: the token is sent as it is with every request',
  },
  sources: ['https://github.com/hookdeck/webhook-skills (a third party’s collection)'],
  unchecked: ['the headers that carry its ids'],
});
