/**
 * `npm run kill-test`: the local host under deliveries, killed with SIGKILL at random moments, started again, and its
 * history judged from outside. `--kills`, `--deliveries`, `--seed`. A failing run keeps its data folder.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runTrial } from './trial.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '500' },
    deliveries: { type: 'string', default: '50000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
  },
});
for (const [name, value] of Object.entries(values)) {
  if (/^[1-9]\d{0,9}$/.test(value)) continue;
  console.error(`--${name} is a whole number above 0, not "${value}".`);
  process.exit(2);
}

const data = mkdtempSync(join(tmpdir(), 'hookgate-kill-'));
console.log(`seed ${values.seed}, data in ${data}`);
try {
  const result = await runTrial({
    data,
    kills: Number(values.kills),
    deliveries: Number(values.deliveries),
    seed: Number(values.seed),
    report: console.log,
  });
  const { kills, problems } = result;
  const all = kills.host + kills.everything + kills.awake + kills.frozen;
  console.log(
    `${result.seconds.toFixed(0)} s; kills: ${kills.host} of the host, ${kills.everything} of everything at once, ` +
      `${kills.awake} of a sandbox at work, ${kills.frozen} of a frozen one`,
  );
  console.log(
    `${result.events} events, ${result.acknowledged} acknowledged, ${result.duplicates} duplicates, ` +
      `${result.retries} retries, ${result.unanswered} deliveries without an answer; ` +
      `${result.afterwards} more tries after the last new event, which are none of the ${result.deliveries} below`,
  );
  if (problems.length > 0) {
    const file = join(data, 'problems.txt');
    writeFileSync(file, `${problems.join('\n')}\n`);
    console.log(
      [...problems.slice(0, 10), `${problems.length} problems, all in ${file}; the data is kept.`].join('\n'),
    );
    process.exitCode = 1;
  } else rmSync(data, { recursive: true, force: true, maxRetries: 5 });
  console.log(`${all} kills, ${result.deliveries} deliveries, ${result.lost} lost, ${result.double} double`);
} catch (error) {
  console.error(error);
  console.error(`The data is kept in ${data}.`);
  process.exitCode = 1;
}
