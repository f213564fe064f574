import { createHmac } from 'node:crypto';
import type { Delivery } from '../../../lambdas/core/delivery.ts';
import { delivery, gatewayInMemory, NOON } from '../../support/gateway-in-memory.ts';

/** Meta's subscription: a GET that wants its challenge back. */
function subscription(token: string): Delivery {
  const query = `hub.mode=subscribe&hub.verify_token=${token}&hub.challenge=1158201444`;
  return {
    ...delivery('meta', Buffer.alloc(0), {}),
    method: 'GET',
    url: `https://gateway.example.com/webhooks/meta?${query}`,
  };
}

function slackChallenge(secret: string): Delivery {
  const body = '{"type":"url_verification","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}';
  const seconds = String(NOON / 1000);
  const mac = createHmac('sha256', secret).update(`v0:${seconds}:${body}`).digest('hex');
  return delivery('slack', Buffer.from(body), {
    'content-type': 'application/json',
    'x-slack-request-timestamp': seconds,
    'x-slack-signature': `v0=${mac}`,
  });
}

const notionOffer = (token: string) =>
  delivery('notion', Buffer.from(JSON.stringify({ verification_token: token })), {});

test('a provider that asks by GET before it sends is answered, and nothing is recorded', async () => {
  const { receive, secretStore, store } = gatewayInMemory();
  secretStore.rotate('meta', 'app-secret\nverifyToken:let-me-in', NOON);

  expect(await receive(subscription('let-me-in'))).toMatchObject({
    receipt: 'handshake',
    answer: { status: 200, body: '1158201444' },
  });
  expect(await receive(subscription('guess'))).not.toMatchObject({ answer: { status: 200 } });
  expect(store.records.size).toBe(0);
});

test('GET is no method of a provider that has no such request', async () => {
  const { receive, secretStore } = gatewayInMemory();
  secretStore.rotate('slack', 'slack-secret', NOON);

  expect(await receive({ ...slackChallenge('slack-secret'), method: 'GET' })).toEqual({
    receipt: 'rejected',
    reason: 'wrong-method',
  });
});

test('a challenge that the provider signs is answered only when it is signed', async () => {
  const { receive, secretStore } = gatewayInMemory();
  secretStore.rotate('slack', 'slack-secret', NOON);

  expect(await receive(slackChallenge('slack-secret'))).toMatchObject({
    receipt: 'handshake',
    answer: { status: 200 },
  });
  expect(await receive(slackChallenge('forged'))).toMatchObject({ receipt: 'rejected' });
});

describe('a secret that comes in band', () => {
  test('is kept once, and verifies what follows', async () => {
    const { receive, secretStore } = gatewayInMemory();
    expect(await receive(notionOffer('secret_abcdefgh'))).toMatchObject({ receipt: 'handshake' });
    expect([...(secretStore.stages.get('notion')?.values() ?? [])].map(({ value }) => value)).toEqual([
      'secret_abcdefgh',
    ]);

    const body = Buffer.from('{"id":"evt_1","type":"page.created"}');
    const mac = createHmac('sha256', 'secret_abcdefgh').update(body).digest('hex');
    const event = delivery('notion', body, { 'x-notion-signature': `sha256=${mac}` });
    expect(await receive(event)).toMatchObject({ receipt: 'accepted' });
  });

  test('is refused once there is one', async () => {
    const { receive, secretStore } = gatewayInMemory();
    await receive(notionOffer('secret_abcdefgh'));

    expect(await receive(notionOffer('secret_of_a_stranger'))).toMatchObject({ receipt: 'rejected' });
    expect([...(secretStore.stages.get('notion')?.values() ?? [])].map(({ value }) => value)).toEqual([
      'secret_abcdefgh',
    ]);
  });

  test('and nothing else passes while there is none', async () => {
    const { receive } = gatewayInMemory();
    const event = delivery('notion', Buffer.from('{"id":"evt_1","type":"page.created"}'), {
      'x-notion-signature': `sha256=${'0'.repeat(64)}`,
    });

    expect(await receive(event)).toEqual({ receipt: 'unavailable', reason: 'no-usable-secret' });
  });
});
