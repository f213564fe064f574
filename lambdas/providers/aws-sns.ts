import { createPublicKey, verify } from 'node:crypto';
import type { Attempt } from '../core/scheme/attempt.ts';
import type { KeyPort } from '../core/scheme/key-port.ts';
import { json } from '../core/scheme/part.ts';
import { type Proof, provider } from '../core/scheme/provider.ts';
import { decodeStrict } from '../core/scheme/text.ts';

/** The fields that are signed, in their order; those that a message lacks are left out. */
const SIGNED = ['Message', 'MessageId', 'Subject', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];
const TYPES = ['Notification', 'SubscriptionConfirmation', 'UnsubscribeConfirmation'];
const DIGESTS: Readonly<Record<string, string>> = { '1': 'sha1', '2': 'sha256' };

/** The only addresses a certificate is fetched from: whoever may choose another host signs for himself. */
const CERTIFICATE =
  /^https:\/\/sns\.[a-z0-9-]{3,32}\.amazonaws\.com(?:\.cn)?\/SimpleNotificationService-[A-Za-z0-9]{1,64}\.pem$/;

/** Amazon signs for every topic of every account, so the topic is checked as well. */
export const awsSns = provider({
  name: 'aws-sns',
  title: 'Amazon SNS',
  scheme: {
    algorithm: 'code',
    key: { key: 'fetched' },
    describes: 'RSA over the message’s fields, with the certificate of a pinned Amazon address',
    covers: SIGNED.map((name) => json(`/${name}`)),
    reads: [],
    prove: (attempt, secrets, { keys }) => proveMessage(attempt, secrets.settings.get('topic') ?? [], keys),
  },
  id: [json('/MessageId')],
  type: [json('/Type')],
  orderKey: [json('/TopicArn')],
  redelivers: true,
  timeoutSeconds: 15,
  acknowledge: { status: 200 },
  confirmation:
    'SubscriptionConfirmation is an event: a processor answers it by ConfirmSubscription with its Token, never by its SubscribeURL (examples/processors/aws-sns/confirm-subscription.ts)',
  settings: { topic: 'a topic ARN that may send here; one line for each' },
  unsigned: { body: 'message attributes and the unsubscribe address are outside the signature' },
  sources: [
    'https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html',
    'npm sns-validator 0.3.5',
  ],
  unchecked: ['its default delivery policy: 3 tries at once, then 2, 10 and 35'],
});

async function proveMessage(attempt: Attempt, topics: readonly string[], keys: KeyPort | undefined): Promise<Proof> {
  const parsed = attempt.json();
  if (!('value' in parsed) || typeof parsed.value !== 'object' || parsed.value === null) return 'malformed-signature';
  const message = new Map(Object.entries(parsed.value).filter(([, value]) => typeof value === 'string')) as Message;
  const text = message.get('Signature');
  if (text === undefined || text === '') return 'missing-signature';
  const signature = text.length > 2048 ? undefined : decodeStrict(text, 'base64');
  const digest = DIGESTS[message.get('SignatureVersion') ?? ''];
  if (!signature || digest === undefined || !TYPES.includes(message.get('Type') ?? '')) return 'malformed-signature';
  // Each field ends with its line. Only a message has lines of its own; with a second one the fields could be parted
  // differently, and whoever may publish could choose the id.
  if (SIGNED.some((name) => name !== 'Message' && message.get(name)?.includes('\n'))) return 'malformed-signature';
  const address = message.get('SigningCertURL') ?? '';
  if (address.length > 300 || !CERTIFICATE.test(address)) return 'untrusted-key';
  if (!topics.includes(message.get('TopicArn') ?? '')) return 'untrusted-key';
  const certificate = await keys?.fetch(address);
  if (certificate === undefined) return 'untrusted-key';
  const content = contentsOf(message).find((text) => holds(digest, text, certificate, signature));
  return content === undefined ? 'wrong-secret-or-changed-body' : { secretIndex: 0, content: [content] };
}

/** Amazon's page has the Token of an UnsubscribeConfirmation signed, its validator for Node leaves it out. */
function contentsOf(message: Message): readonly string[] {
  const lines = SIGNED.filter((name) => message.has(name)).map((name) => `${name}\n${message.get(name) ?? ''}\n`);
  const contents = [lines.join('')];
  if (message.get('Type') === 'UnsubscribeConfirmation') {
    contents.push(lines.filter((line) => !line.startsWith('Token\n')).join(''));
  }
  return contents;
}

type Message = ReadonlyMap<string, string>;

function holds(digest: string, content: string, certificate: string, signature: Buffer): boolean {
  try {
    return verify(digest, Buffer.from(content, 'utf8'), createPublicKey(certificate), signature);
  } catch {
    // What the address served is no certificate.
    return false;
  }
}
