/** The real local host on the assembly of `synthesise.ts`: `node test/support/trial/host.ts <folder>`, with `PORT` and `HOOKGATE_DATA`. */
import { enableCompileCache, flushCompileCache } from 'node:module';
import { join } from 'node:path';

// As `bin/local.ts`.
enableCompileCache();

const { Console } = await import('../../../local/console.ts');
const { startHost } = await import('../../../local/host.ts');
const { readAssembly } = await import('../../../local/template/assembly.ts');

const [folder = ''] = process.argv.slice(2);
const { PORT: port = '0', HOOKGATE_DATA: data = '' } = process.env;
const host = await startHost({
  data,
  port: Number(port),
  console: new Console(() => undefined),
  assemble: () => Promise.resolve(readAssembly(join(folder, 'cdk.out'))),
});
process.on('SIGINT', () => void host.stop().then(() => process.exit(0)));
process.stdout.write('Ready in no time\n');
// It is killed, mostly: nothing would be kept at its end.
flushCompileCache();
