/**
 * Synthesises the stage `local` and runs it here: `npm start`. `PORT` (8787) and `HOOKGATE_DATA` (`.hookgate`) say where;
 * with `--watch` a change under `lambdas/` takes effect at once.
 */
import { enableCompileCache } from 'node:module';

// As the command line: what the last run has stripped of types and compiled needs neither again.
enableCompileCache();

await import('../local/main.ts');
