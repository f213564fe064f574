import { headersOf } from '../../../lambdas/core/scheme/headers.ts';
import { providers } from '../../../lambdas/providers/index.ts';

test.each([
  ['github', ['x-github-delivery', 'x-github-event', 'x-hub-signature-256']],
  ['gitlab-token', ['x-gitlab-event', 'x-gitlab-token']],
  ['slack', ['x-slack-request-timestamp', 'x-slack-signature']],
])('%s reads the headers %j', (name, expected) => {
  const provider = providers.get(name);
  expect(provider && headersOf(provider)).toEqual(expect.arrayContaining(expected));
});
