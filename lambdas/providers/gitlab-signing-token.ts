import { header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';
import { standardWebhooks } from '../core/scheme/standard-webhooks.ts';

export const gitlabSigningToken = provider({
  name: 'gitlab-signing-token',
  title: 'GitLab with a signing token',
  scheme: standardWebhooks('webhook'),
  id: [header('webhook-id')],
  type: [header('X-Gitlab-Event'), json('/object_kind')],
  orderKey: [json('/project_id'), json('/group_id')],
  redelivers: true,
  timeoutSeconds: 10,
  acknowledge: { status: 200 },
  sources: [
    'https://gitlab.com/gitlab-org/gitlab/-/merge_requests/230944',
    'https://gitlab.com/gitlab-org/gitlab/-/merge_requests/231325',
    'https://github.com/hookdeck/webhook-skills (a third party’s collection)',
  ],
  unchecked: ['it disables a webhook after repeated failures'],
});
