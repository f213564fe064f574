import type { Delivery } from '../../../lambdas/core/delivery.ts';
import { compile } from '../../../lambdas/core/scheme/compile.ts';
import { headersOf } from '../../../lambdas/core/scheme/headers.ts';
import { providers } from '../../../lambdas/providers/index.ts';

test.each([
  ['github', ['x-github-delivery', 'x-github-event', 'x-hub-signature-256']],
  ['gitlab-token', ['x-gitlab-event', 'x-gitlab-token']],
  ['paypal', ['paypal-cert-url', 'paypal-transmission-sig']],
  ['docusign', ['x-docusign-signature-1', 'x-docusign-signature-10']],
  ['slack', ['x-slack-request-timestamp', 'x-slack-signature']],
])('%s reads the headers %j', (name, expected) => {
  const provider = providers.get(name);
  expect(provider && headersOf(provider)).toEqual(expect.arrayContaining(expected));
});

/** A request that has every header, and notes which are looked at. */
class AnyHeader extends Map<string, readonly string[]> {
  readonly looked = new Set<string>();
  override get(name: string): readonly string[] {
    this.looked.add(name);
    return ['1767225600'];
  }
}

test.each([...providers.values()])('no header that is looked at for $name is missing', async (provider) => {
  const headers = new AnyHeader();
  const delivery: Delivery = {
    source: 'any',
    method: 'POST',
    url: 'https://hooks.example.com/webhooks/any',
    headers,
    body: Buffer.from('{}'),
    sourceIp: '192.0.2.1',
    receivedAt: 1_767_225_600_000,
  };
  const verifier = compile(provider);
  await verifier.verify(delivery, verifier.secrets(['c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0']), delivery.receivedAt);

  // Says how a body is to be read, and is no secret. Of numbered ones, accounts have a few.
  const open = [...headers.looked].filter(
    (name) => name !== 'content-type' && !/^x-docusign-signature-(1[1-9]|[2-9]\d|100)$/.test(name),
  );
  expect(open.filter((name) => !headersOf(provider).includes(name))).toEqual([]);
});
