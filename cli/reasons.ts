import type { Reencoding } from '../lambdas/core/scheme/explain.ts';
import type { MalformedReason, RejectionReason } from '../lambdas/core/verdict.ts';

/** What each reason means and where to look, for whoever has the request and the secret before them. */
export const REASONS: Readonly<Record<RejectionReason | MalformedReason, string>> = {
  'missing-signature':
    'The request has no signature where this provider puts it. Another provider, or a proxy that drops headers?',
  'malformed-signature': 'What stands in the place of the signature is not written as this provider writes one.',
  'repeated-header': 'A security header came twice, or a proxy joined two into one: nobody knows which counts.',
  'missing-timestamp': 'The request does not say when it was sent, where this provider says it.',
  'malformed-timestamp': 'The time is not written as this provider writes it.',
  'stale-timestamp': 'It was sent too long ago. A replay, a capture that is old, or a clock that is fast here.',
  'future-timestamp': 'It was sent in the future. A clock is slow here or fast there.',
  'missing-id': 'The id of the event is signed by this provider, and the request has none.',
  'malformed-id': 'The id of the event is not of the form that this provider signs.',
  'no-usable-secret': 'No secret given is one that this provider could sign with: see `providers <name>`.',
  'untrusted-key': 'The key or certificate it names is not one that this provider publishes.',
  'body-reencoded':
    'The signature is right for another writing of the same body: something on the way changed its bytes.',
  'wrong-secret-or-changed-body':
    'Everything is in its place, but the signature is of another secret or of other bytes. Compare what was signed with what was sent.',
  'not-json': 'The signature is right, but the body is not JSON.',
  'too-deep': 'The signature is right, but the body is nested deeper than any event.',
  'no-id': 'The signature is right, but there is no id where this provider puts one.',
  'no-type': 'The signature is right, but there is no event type where this provider puts one.',
};

export const REENCODINGS: Readonly<Record<Reencoding, string>> = {
  'json-reprinted': 'the JSON was parsed and printed again: verify the raw body, before any JSON middleware',
  'byte-order-mark-removed': 'a byte order mark at its start was removed',
  'byte-order-mark-added': 'a byte order mark was put at its start',
  'decoded-as-utf8': 'bytes that are no UTF-8 were decoded as if they were',
  'decoded-as-latin1': 'its UTF-8 was decoded as Latin-1 and written as UTF-8 again: “Ã«” for “ë”',
  'base64-not-decoded': 'it is still base64: decode it, as API Gateway’s isBase64Encoded says',
  'newline-added': 'a line break was added at its end',
  'newline-removed': 'the line break at its end was removed',
  'line-ends-changed': 'its line breaks were changed between LF and CRLF',
};
