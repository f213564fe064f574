/** What `npm start` runs: the stage `local`, synthesised and started, until a signal ends it. */
import { relative } from 'node:path';
import { Console } from './console.ts';
import { startHost, type Host } from './host.ts';
import { Refusal } from './refusal.ts';
import { watchFunctions } from './reload/watch.ts';
import { synthesise } from './synthesise.ts';

const STAGE = 'local';
const started = performance.now();
const console = new Console();
const { PORT: port = '8787', HOOKGATE_DATA } = process.env;
// As the command line has it: a variable that is set to nothing is not set.
const data = HOOKGATE_DATA || '.hookgate';

let host: Host | undefined;
let stopWatching: (() => Promise<void>) | undefined;
let stopping = false;

// SIGHUP is a terminal that was closed: it takes no more lines, and what runs is stopped in order all the same.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(0));
for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);

try {
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new Refusal(`PORT must be a port number, not "${port}".`);
  console.say('Hookgate: synthesising and starting the services …');
  host = await startHost({ data, port: Number(port), console, assemble: (folder) => synthesise(STAGE, folder) });
  const running = host;
  void running.broken.then(() => {
    if (stopping) return;
    process.stderr.write('The data services ended unexpectedly; the host stops. Start it again: nothing is lost.\n');
    void stop(1);
  });
  console.say(welcome(running));
  if (process.argv.includes('--watch')) {
    const { functions, reloadFolder: folder } = running;
    stopWatching = await watchFunctions({ stage: STAGE, functions, folder, console });
  }
  // The signal came while it was starting.
  if (stopping) await exit(0);
} catch (error) {
  // Ctrl-C reaches the children too: that a start was broken off is no news.
  if (stopping) process.exit(0);
  if (!(error instanceof Refusal)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

function welcome({ url, sources, template, logs }: Host): string {
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const unknown = template.unknown.map((type) => `  not run here: ${type} (this host does not know it)`);
  const inert = [...template.inert].map(([type, meaning]) => `  not run here: ${type} (${meaning})`);
  return [
    `Ready in ${seconds} s. Providers send to:`,
    '',
    ...sources.map((source) => `  POST ${url}/webhooks/${source}`),
    '',
    'Send a signed sample from another shell, then look at it:',
    '',
    '  npm run -s hookgate -- send scalekit organization.directory.user_created',
    '  npm run -s hookgate -- events',
    '',
    `Logs of the functions: ${relative(process.cwd(), logs) || logs}/   Admin API: ${url}/admin/events   Stop: Ctrl-C`,
    ...[...unknown, ...inert],
    '',
  ].join('\n');
}

async function stop(code: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  // While it starts, the start itself ends first.
  if (host) await exit(code);
}

async function exit(code: number): Promise<never> {
  console.say('Stopping …');
  await stopWatching?.();
  await host?.stop();
  process.exit(code);
}
