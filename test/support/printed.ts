import { CANARY, leaksIn } from './canary.ts';

/** Runs beside every test file: what its tests print has the canary in no form. */
const printed: string[] = [];
const restore: (() => void)[] = [];

for (const stream of [process.stdout, process.stderr]) {
  const write = stream.write.bind(stream) as (...given: readonly unknown[]) => boolean;
  stream.write = (...given: readonly [string | Uint8Array, ...unknown[]]) => {
    printed.push(Buffer.from(given[0]).toString('latin1'));
    return write(...given);
  };
  restore.push(() => (stream.write = write));
}
for (const level of ['debug', 'info', 'log', 'warn', 'error'] as const) {
  const write = console[level].bind(console);
  console[level] = (...given: unknown[]) => {
    printed.push(given.map(String).join(' '));
    write(...given);
  };
  restore.push(() => (console[level] = write));
}

afterAll(() => {
  for (const put of restore) put();
  const leaks = leaksIn(Buffer.from(printed.join('\n'), 'latin1'), [CANARY]);
  if (leaks.length > 0) throw new Error(`The tests of this file print their secret, as ${leaks.join(', ')}.`);
});
