/** `npm run -s hookgate -- <command>`. */
import { enableCompileCache } from 'node:module';

// Node keeps the compiled code of the last run: a command starts in half the time.
enableCompileCache();

// Whoever reads the output may stop reading, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

const { run } = await import('../cli/program.ts');
await run(process.argv.slice(2));
