import { createHmac, randomUUID } from 'node:crypto';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { RunningHost } from './host.ts';

/** One signed request, ready to be sent as often as one likes. */
export interface SignedRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

/** The secret that a provider would have been given. */
export async function secretOf(
  { endpoints, region }: Pick<RunningHost, 'endpoints' | 'region'>,
  source: string,
): Promise<string> {
  const client = new SecretsManagerClient({ endpoint: endpoints.secretsmanager, region, credentials });
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: `hookgate/local/${source}` }));
  client.destroy();
  if (SecretString === undefined) throw new Error(`The secret of ${source} holds no string.`);
  return SecretString;
}

/** A new user of a directory, signed as Scalekit signs: Standard Webhooks. */
export function userCreated(secret: string, id: string): SignedRequest {
  const body = JSON.stringify({
    id,
    type: 'organization.directory.user_created',
    occurred_at: new Date().toISOString(),
    organization_id: 'org_1',
    data: { id: `user_${id}`, email: 'ada@example.com' },
  });
  return signedByScalekit(secret, id, body);
}

/** Any body, signed as Scalekit signs. */
export function signedByScalekit(secret: string, id: string, body: string): SignedRequest {
  const seconds = String(Math.floor(Date.now() / 1000));
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const mac = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64');
  return {
    path: '/webhooks/scalekit',
    headers: { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': `v1,${mac}` },
    body,
  };
}

/** A payment, signed as Inkress signs: hex over the body, no timestamp. */
export function paymentSucceeded(secret: string, id: string): SignedRequest {
  const body = JSON.stringify({
    id,
    event_type: 'payment.success',
    created_at: new Date().toISOString(),
    data: { order_id: `order_${id}`, amount: 25000, currency: 'JMD' },
  });
  return {
    path: '/webhooks/inkress',
    headers: { 'x-inkress-signature': createHmac('sha256', secret).update(body).digest('hex') },
    body,
  };
}

/** A meeting bot's state, signed as Skribby signs. */
export function statusUpdate(secret: string, bot: string): SignedRequest {
  const body = JSON.stringify({
    type: 'status_update',
    bot_id: bot,
    data: { old_status: 'booting', new_status: 'joining' },
  });
  const seconds = String(Math.floor(Date.now() / 1000));
  const mac = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return {
    path: '/webhooks/skribby',
    headers: {
      'x-skribby-webhook-id': randomUUID(),
      'x-skribby-timestamp': seconds,
      'x-skribby-signature': `sha256=${mac}`,
    },
    body,
  };
}

export async function send(
  { url }: { readonly url: string },
  { path, headers, body }: SignedRequest,
): Promise<Response> {
  return fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });
}
