import type { Registration } from '../core/secrets/registration.ts';

/**
 * A webhook of a repository. The credential is a token that may write the repository's webhooks; of a fine-grained one
 * that permission is all it needs.
 */
export const github: Registration = {
  provider: 'github',
  settings: {
    repository: { what: 'the repository as owner/name', matches: /^[A-Za-z0-9-]+\/[A-Za-z0-9._-]+$/ },
    hook: { what: "the webhook's number, which the URL of its settings page ends in", matches: /^[0-9]{1,18}$/ },
    api: {
      what: 'where the API is, https://<host>/api/v3 of an Enterprise Server',
      // The token goes there: never without TLS, but to this machine.
      matches: /^(https:\/\/[a-z0-9.-]+(:\d+)?|http:\/\/127\.0\.0\.1:\d+)(\/[\w/-]*)?$/,
      otherwise: 'https://api.github.com',
    },
  },
  request: (secret, { repository, hook, api }, token) => ({
    method: 'PATCH',
    url: `${api}/repos/${repository}/hooks/${hook}/config`,
    headers: {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'user-agent': 'hookgate',
      'x-github-api-version': '2022-11-28',
    },
    body: JSON.stringify({ secret }),
  }),
  sources: [
    'https://docs.github.com/en/rest/repos/webhooks#update-a-webhook-configuration-for-a-repository',
    'https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api#user-agent-required',
  ],
};
