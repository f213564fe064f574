/**
 * `npm run faults`: every fault at every call, every two, and a million random schedules, on the real code.
 * `--mutants` plants known mistakes and wants each found. `--replay` runs one schedule again, step by step.
 */
import { parseArgs } from 'node:util';
import { parsePlan } from './fault.ts';
import { configurationNamed } from './configurations.ts';
import { runToEnd } from './drive.ts';
import { type LayerResult, pairsLayer, randomLayer, replayCommand, singlesLayer } from './layers.ts';
import { type Mutant, MUTANTS } from './mutants.ts';
import { runSchedule } from './plans.ts';

// Failures are made by the million, and nobody reads where.
Error.stackTraceLimit = 0;

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

const untilMs = values.seconds === undefined ? Infinity : performance.now() + Number(values.seconds) * 1000;
const random = (mutant?: Mutant, cases = Number(values.cases), until = untilMs) =>
  randomLayer({ firstSeed: Number(values.seed), cases, untilMs: until }, mutant);

if (values.replay !== undefined) process.exitCode = await replay(values.replay);
else if (values.mutants) process.exitCode = await findMutants();
else process.exitCode = await everything();

async function everything(): Promise<number> {
  let lost = 0;
  let double = 0;
  let failed = false;
  for (const layer of [singlesLayer, pairsLayer, random]) {
    const result = await layer();
    print(result);
    lost += result.lost;
    double += result.double;
    failed ||= result.failures.length > 0;
  }
  console.log(`${lost} lost, ${double} double`);
  return failed ? 1 : 0;
}

async function findMutants(): Promise<number> {
  let caught = 0;
  for (const mutant of MUTANTS) {
    const singles = await singlesLayer(mutant);
    const found = singles.failures.length > 0 ? singles : await random(mutant, 200_000);
    const [failure] = found.failures;
    if (failure) caught++;
    console.log(`${failure ? 'caught' : 'MISSED'}  ${mutant.name}  (${found.layer}, ${found.cases} cases)`);
    if (failure) console.log(`        ${failure.problems[0] ?? ''}\n        ${replayCommand(failure, mutant)}`);
  }
  console.log(`${caught} of ${MUTANTS.length} caught`);
  return caught === MUTANTS.length ? 0 : 1;
}

async function replay(text: string): Promise<number> {
  const [name = '', seed = '', plan = 'none'] = text.split(':');
  const schedule = { configuration: configurationNamed(name), seed: Number(seed), plan: parsePlan(plan) };
  const mutant = MUTANTS.find((known) => known.name === values.mutant);
  const { problems } = await runToEnd(runSchedule(schedule, mutant, console.log));
  console.log(problems.length > 0 ? problems.join('\n') : 'nothing lost, nothing double');
  return problems.length > 0 ? 1 : 0;
}

function print({ layer, cases, lost, double, seconds, failures }: LayerResult): void {
  const rate = Math.round(cases / seconds);
  console.log(`${layer.padEnd(8)} ${cases} cases, ${lost} lost, ${double} double, ${seconds.toFixed(1)} s (${rate}/s)`);
  for (const failure of failures) console.log(`  ${failure.problems.join('; ')}\n  ${replayCommand(failure)}`);
}
