import { allRejected } from './all-rejected.ts';
import { allowlistDrift } from './allowlist-drift.ts';
import { blockedAddresses } from './blocked-addresses.ts';
import { breakerOpen } from './breaker-open.ts';
import { deadLetters } from './dead-letters.ts';
import { edgeBlocks } from './edge-blocks.ts';
import { failures } from './failures.ts';
import { ledgerMismatch } from './ledger-mismatch.ts';
import { mappingDrift } from './mapping-drift.ts';
import { newerVersion } from './newer-version.ts';
import { oldestMessage } from './oldest-message.ts';
import { outboxAge } from './outbox-age.ts';
import { parked } from './parked.ts';
import { rejectedSpike } from './rejected-spike.ts';
import { functionErrors } from './function-errors.ts';
import { gatewayUnhealthy } from './gateway-unhealthy.ts';
import type { AlarmRule, CompositeRule } from './rule.ts';
import { secretOverlapOverdue } from './secret-overlap-overdue.ts';
import { secretRotationFailed } from './secret-rotation-failed.ts';
import { silence } from './silence.ts';
import { slowProcessing } from './slow-processing.ts';
import { throttled } from './throttled.ts';
import { verifier5xx } from './verifier-5xx.ts';

/** Every alarm there is, the most urgent first: an event that waits for a person before one that may help itself. */
export const alarmRules: readonly AlarmRule[] = [
  parked,
  verifier5xx,
  throttled,
  ledgerMismatch,
  outboxAge,
  functionErrors,
  allRejected,
  silence,
  breakerOpen,
  deadLetters,
  newerVersion,
  oldestMessage,
  failures,
  rejectedSpike,
  secretOverlapOverdue,
  secretRotationFailed,
  edgeBlocks,
  allowlistDrift,
  blockedAddresses,
  mappingDrift,
  slowProcessing,
];

export const compositeRules: readonly CompositeRule[] = [gatewayUnhealthy];
