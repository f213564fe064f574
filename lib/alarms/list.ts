import { allowlistDrift } from './allowlist-drift.ts';
import { breakerOpen } from './breaker-open.ts';
import { deadLetters } from './dead-letters.ts';
import { failures } from './failures.ts';
import { ledgerMismatch } from './ledger-mismatch.ts';
import { mappingDrift } from './mapping-drift.ts';
import { oldestMessage } from './oldest-message.ts';
import { parked } from './parked.ts';
import { rejectedSpike } from './rejected-spike.ts';
import type { AlarmRule } from './rule.ts';
import { slowProcessing } from './slow-processing.ts';
import { verifier5xx } from './verifier-5xx.ts';

/** Every alarm there is, the most urgent first: an event that waits for a person before one that may help itself. */
export const alarmRules: readonly AlarmRule[] = [
  parked,
  verifier5xx,
  ledgerMismatch,
  breakerOpen,
  deadLetters,
  oldestMessage,
  failures,
  rejectedSpike,
  allowlistDrift,
  mappingDrift,
  slowProcessing,
];
