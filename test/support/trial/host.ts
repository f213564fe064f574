/** The real local host on the assembly of `synthesise.ts`: `node test/support/trial/host.ts <folder>`, with `PORT` and `HOOKGATE_DATA`. */
import { join } from 'node:path';
import { Console } from '../../../local/console.ts';
import { startHost } from '../../../local/host.ts';
import { readAssembly } from '../../../local/template/assembly.ts';

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
