import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Gateway } from '../core/source.ts';

/** The sources and routes, from `gateway.json` beside the bundle: they are deployed with the code they belong to. */
export function readGateway(): Gateway {
  // The bundle is CommonJS: its folder is the function's root, which Lambda names too.
  const folder = process.env.LAMBDA_TASK_ROOT ?? process.cwd();
  return JSON.parse(readFileSync(join(folder, 'gateway.json'), 'utf8')) as Gateway;
}
