/**
 * `npm run faults`: every fault at every call, every two, and a million random schedules, on the real code.
 * `--seconds` bounds the random schedules. `--mutants` plants known mistakes and wants each found. `--replay` runs one
 * schedule again, step by step.
 */
import { parseArgs } from 'node:util';
import { configurationNamed } from './configurations.ts';
import { parsePlan } from './fault.ts';
import { type LayerResult, pairsLayer, randomLayer, replayCommand, singlesLayer, summary } from './layers.ts';
import { MUTANTS } from './mutants.ts';
import { runSchedule } from './plans.ts';
import { search } from './search.ts';
import { TABLE_MUTANTS } from './table-mutants.ts';

const { values } = parseArgs({
  options: {
    mutants: { type: 'boolean', default: false },
    mutant: { type: 'string' },
    replay: { type: 'string' },
    seed: { type: 'string', default: '1' },
    cases: { type: 'string', default: '1000000' },
    seconds: { type: 'string' },
  },
});

if (values.replay !== undefined) process.exitCode = await replay(values.replay);
else if (values.mutants) process.exitCode = await findMutants();
else process.exitCode = await everything();

async function everything(): Promise<number> {
  const results: LayerResult[] = [];
  for (const layer of [singlesLayer, pairsLayer, random]) {
    const result = await layer();
    print(result);
    results.push(result);
  }
  console.log(summary(results));
  return results.some(({ failed }) => failed > 0) ? 1 : 0;
}

function random(): Promise<LayerResult> {
  const untilMs = values.seconds === undefined ? Infinity : performance.now() + Number(values.seconds) * 1000;
  return randomLayer({ firstSeed: Number(values.seed), cases: Number(values.cases), untilMs });
}

async function findMutants(): Promise<number> {
  let caught = 0;
  for (const mutant of MUTANTS) {
    const { layer, cases, failures } = await search(mutant);
    const [failure] = failures;
    if (failure) caught++;
    console.log(`${failure ? 'caught' : 'MISSED'}  ${mutant.name}  (${layer}, ${cases} cases)`);
    if (failure) console.log(`        ${failure.problems[0] ?? ''}\n        ${replayCommand(failure, mutant)}`);
  }
  console.log(`${caught} of ${MUTANTS.length} caught`);
  return caught === MUTANTS.length ? 0 : 1;
}

async function replay(text: string): Promise<number> {
  const [name = '', seed = '', plan = 'none'] = text.split(':');
  const schedule = { configuration: configurationNamed(name), seed: Number(seed), plan: parsePlan(plan) };
  const mutant = [...MUTANTS, ...TABLE_MUTANTS].find((known) => known.name === values.mutant);
  const { problems } = await runSchedule(schedule, mutant, console.log);
  console.log(problems.length > 0 ? problems.join('\n') : 'nothing lost, nothing double');
  return problems.length > 0 ? 1 : 0;
}

function print(result: LayerResult): void {
  const { layer, cases, failed, seconds, cpuSeconds, failures } = result;
  const rate = Math.round(cases / cpuSeconds);
  console.log(
    `${layer.padEnd(8)} ${cases} cases, ${summary([result])}, ${seconds.toFixed(1)} s, ${rate} schedules/s of processor time`,
  );
  if (failed > failures.length) console.log(`  ${failed} schedules failed, of which the first:`);
  for (const failure of failures) console.log(`  ${failure.problems.join('; ')}\n  ${replayCommand(failure)}`);
}
