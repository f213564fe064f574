import type { Connection } from '../../../cli/connection.ts';
import type { Check, Patient } from '../../../cli/doctor/check.ts';
import { alarms, ledger } from '../../../cli/doctor/gateway.ts';

/** What a check finds where the admin API answers this. */
function found(check: Check, answer: object) {
  const body = Buffer.from(JSON.stringify(answer));
  const connection = {
    admin: () => Promise.resolve({ status: 200, headers: { 'content-type': 'application/json' }, body }),
  } as unknown as Connection;
  const patient: Patient = { connection, isLocal: false, sources: [], now: () => 0 };
  return check.look(patient);
}

const ALARM = { alarm: 'parked-x', state: 'OK', since: null, reason: '', tellsOfSilence: false, runbook: null };
const LEDGER = { from: '', complete: true, cut: [], rows: [] };

test('no alarm at all is worth a look', async () => {
  expect(await found(alarms, { alarms: [] })).toMatchObject([
    { state: 'look', says: expect.stringContaining('there is none') as string },
  ]);
});

test('an alarm without data is worth a look where it tells of silence, and nothing elsewhere', async () => {
  const state = 'INSUFFICIENT_DATA';
  expect(await found(alarms, { alarms: [{ ...ALARM, state }] })).toMatchObject([{ state: 'fine' }]);
  const blind = { ...ALARM, state, alarm: 'ledger-mismatch-shop', tellsOfSilence: true };
  expect(await found(alarms, { alarms: [ALARM, blind] })).toMatchObject([
    { state: 'look', says: 'ledger-mismatch-shop has no data: nobody counts' },
  ]);
});

test('a ledger that was not read whole is worth a look, and what is overdue in it is wrong', async () => {
  const overdue = { overdue: 2, missing: 0 };
  expect(await found(ledger, LEDGER)).toMatchObject([{ state: 'fine' }]);
  expect(await found(ledger, { ...LEDGER, complete: false, cut: ['shop'] })).toMatchObject([
    { state: 'look', says: 'shop: more events than one look takes, not all are counted' },
  ]);
  expect(await found(ledger, { ...LEDGER, cut: ['shop'], rows: [overdue] })).toMatchObject([
    { state: 'wrong', says: '2 events are overdue and 0 missing' },
  ]);
});
