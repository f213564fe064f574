import { answerTo, type Receipt } from '../../../lambdas/core/receipt.ts';

const ACKNOWLEDGEMENT = { status: 201, body: 'thanks' };
const event = { key: 'k', type: 't', secret: { stage: 'AWSCURRENT' } } as const;
const answer = (receipt: Receipt) => answerTo(receipt, ACKNOWLEDGEMENT, 1024);

test('what is accepted or filtered gets the provider’s own acknowledgement', () => {
  expect(answer({ receipt: 'accepted', event, via: 'queue' })).toEqual(ACKNOWLEDGEMENT);
  expect(answer({ receipt: 'filtered', event })).toEqual(ACKNOWLEDGEMENT);
});

test('a duplicate is 200', () => {
  expect(answer({ receipt: 'duplicate', event, sameBody: true }).status).toBe(200);
});

test.each([
  ['unknown-source', 404],
  ['wrong-method', 405],
  ['too-large', 413],
  ['content-encoded', 415],
  ['throttled', 429],
  ['not-json', 400],
  ['too-deep', 400],
  ['no-id', 400],
  ['no-type', 400],
  ['missing-signature', 401],
  ['stale-timestamp', 401],
  ['wrong-secret-or-changed-body', 401],
] as const)('%s is %i', (reason, status) => {
  expect(answer({ receipt: 'rejected', reason }).status).toBe(status);
});

test('every 401 is the same answer, whatever the reason', () => {
  const reasons = ['missing-signature', 'malformed-timestamp', 'future-timestamp', 'repeated-header'] as const;
  const answers = reasons.map((reason) => JSON.stringify(answer({ receipt: 'rejected', reason })));
  expect(new Set(answers)).toEqual(
    new Set(['{"status":401,"headers":{"content-type":"application/json"},"body":"{\\"error\\":\\"unauthorized\\"}"}']),
  );
});

test('too large says what is allowed', () => {
  expect(answer({ receipt: 'rejected', reason: 'too-large' }).body).toBe('{"error":"too-large: at most 1024 bytes"}');
});

test('a fault of ours is 503 and asks for a retry', () => {
  expect(answer({ receipt: 'unavailable', reason: 'internal' })).toMatchObject({
    status: 503,
    headers: { 'retry-after': '30' },
  });
});
