import { deadLetters } from './dead-letters.ts';
import { functionErrors } from './function-errors.ts';
import { ledgerMismatch } from './ledger-mismatch.ts';
import { oldestMessage } from './oldest-message.ts';
import { outboxAge } from './outbox-age.ts';
import type { CompositeRule } from './rule.ts';
import { throttled } from './throttled.ts';
import { verifier5xx } from './verifier-5xx.ts';

/** The one to wake somebody for: webhooks don't come in, or don't move on. What a single event needs can wait for morning. */
export const gatewayUnhealthy: CompositeRule = {
  name: 'gateway-unhealthy',
  meaning: 'Webhooks do not come in, or do not move on. The alarms that ring say which.',
  of: [verifier5xx, throttled, ledgerMismatch, outboxAge, functionErrors, oldestMessage, deadLetters],
};
