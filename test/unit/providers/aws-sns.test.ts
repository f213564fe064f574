import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { Delivery } from '../../../lambdas/core/delivery.ts';
import { compile } from '../../../lambdas/core/scheme/compile.ts';
import type { KeyPort } from '../../../lambdas/core/scheme/key-port.ts';
import type { Verdict } from '../../../lambdas/core/verdict.ts';
import { providers } from '../../../lambdas/providers/index.ts';

const NOW = 1_767_225_600_000;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = (key: KeyObject): string => key.export({ format: 'pem', type: 'spki' }) as string;

class Served implements KeyPort {
  readonly asked: string[] = [];
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  fetch(address: string): Promise<string | undefined> {
    this.asked.push(address);
    return Promise.resolve(this.text);
  }
}

async function verify(
  name: string,
  keys: KeyPort,
  headers: Record<string, string>,
  body: string,
  secret: string,
): Promise<Verdict> {
  const provider = providers.get(name);
  if (!provider) throw new Error(name);
  const delivery: Delivery = {
    source: 'main',
    method: 'POST',
    url: 'https://gateway.example.com/webhooks/main',
    headers: new Map(Object.entries(headers).map(([header, value]) => [header, [value]])),
    body: Buffer.from(body),
    sourceIp: '192.0.2.1',
    receivedAt: NOW,
  };
  const verifier = compile(provider, { keys });
  return verifier.verify(delivery, verifier.secrets([secret]), NOW);
}

describe('Amazon SNS', () => {
  const SIGNED = ['Message', 'MessageId', 'Subject', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];
  const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:orders';
  const message = (change: Record<string, string> = {}, names: readonly string[] = SIGNED): string => {
    const fields: Record<string, string> = {
      Type: 'Notification',
      MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
      TopicArn: TOPIC,
      Message: 'hello',
      Timestamp: '2026-01-01T00:00:00.000Z',
      SignatureVersion: '2',
      SigningCertURL: 'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem',
      ...change,
    };
    const signed = names.flatMap((name) => (name in fields ? [`${name}\n${fields[name] ?? ''}\n`] : []));
    const signature = sign('sha256', Buffer.from(signed.join('')), rsa.privateKey).toString('base64');
    return JSON.stringify({ ...fields, Signature: signature });
  };
  const check = (keys: KeyPort, body: string, topic = TOPIC): Promise<Verdict> =>
    verify('aws-sns', keys, {}, body, `topic:${topic}`);

  test('a message of an allowed topic is verified', async () => {
    const event = { type: 'Notification', dedupKey: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324', strength: 'weak' };
    expect(await check(new Served(pem(rsa.publicKey)), message())).toMatchObject({ outcome: 'verified', event });
  });

  test('a topic of another account is not trusted, however well it is signed', async () => {
    const keys = new Served(pem(rsa.publicKey));
    expect(await check(keys, message(), 'arn:aws:sns:eu-west-1:999999999999:orders')).toEqual({
      outcome: 'rejected',
      reason: 'untrusted-key',
    });
    expect(keys.asked).toEqual([]);
  });

  test.each([
    'https://evil.example.com/SimpleNotificationService-a.pem',
    'http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-a.pem',
    'https://sns.eu-west-1.amazonaws.com.evil.com/SimpleNotificationService-a.pem',
    'https://sns.eu-west-1.amazonaws.com@evil.com/SimpleNotificationService-a.pem',
    'https://sns.eu-west-1.amazonaws.com:8443/SimpleNotificationService-a.pem',
    'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-a.pem?x=.pem',
    'https://sns.eu-west-1.amazonaws.com/../bucket/SimpleNotificationService-a.pem',
    'https://sns-bucket.s3.amazonaws.com/SimpleNotificationService-a.pem',
    'https://sns.s3.amazonaws.com.evil/SimpleNotificationService-a.pem',
    'https://snsXeu-west-1.amazonaws.com/SimpleNotificationService-a.pem',
    'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-a.pem#',
    '',
  ])('no certificate is asked for at %j', async (address) => {
    const keys = new Served(pem(rsa.publicKey));
    expect(await check(keys, message({ SigningCertURL: address }))).toEqual({
      outcome: 'rejected',
      reason: 'untrusted-key',
    });
    expect(keys.asked).toEqual([]);
  });

  test('what is served may be anything', async () => {
    const verdict = await check(new Served('<html>'), message());
    expect(verdict).toEqual({ outcome: 'rejected', reason: 'wrong-secret-or-changed-body' });
  });

  test('what is signed may be in the message or not, an UnsubscribeConfirmation’s Token either way', async () => {
    const keys = new Served(pem(rsa.publicKey));
    const url = 'https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription';
    const set = { SubscribeURL: url, Token: 'token-1' };
    for (const change of [
      { Subject: 'a subject' },
      { Type: 'SubscriptionConfirmation', ...set },
      { Type: 'UnsubscribeConfirmation', ...set },
    ]) {
      expect((await check(keys, message(change))).outcome).toBe('verified');
    }
    const without = SIGNED.filter((name) => name !== 'Token');
    expect((await check(keys, message({ Type: 'UnsubscribeConfirmation', ...set }, without))).outcome).toBe('verified');
    expect((await check(keys, message({ Type: 'SubscriptionConfirmation', ...set }, without))).outcome).toBe(
      'rejected',
    );
  });

  test('a message cannot be parted so that its text becomes its id', async () => {
    const keys = new Served(pem(rsa.publicKey));
    const sent = JSON.parse(message({ Message: 'a\nMessageId\nb' })) as Record<string, string>;
    const parted = { ...sent, Message: 'a', MessageId: `b\nMessageId\n${sent['MessageId'] ?? ''}` };
    expect((await check(keys, JSON.stringify(sent))).outcome).toBe('verified');
    expect(await check(keys, JSON.stringify(parted))).toEqual({ outcome: 'rejected', reason: 'malformed-signature' });
  });
});
