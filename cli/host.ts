import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Failure } from './failure.ts';

/** Where the local host listens, as it says itself in `host.json` of its data folder. */
export interface Host {
  readonly url: string;
  readonly stage: string;
  readonly endpoints: Readonly<Record<'secretsmanager' | 'sqs' | 'cloudwatch' | 'lambda', string>>;
}

export const NOT_RUNNING = 'Hookgate is not running here: start it with `npm start`, or name a stage with --stage.';

/** The host that was started last in this data folder. Whether it still runs shows only when it is called. */
export function readHost(dataFolder: string | undefined): Host {
  const path = join(resolve(dataFolder || '.hookgate'), 'host.json');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new Failure(NOT_RUNNING);
  }
  const host = parsed(text);
  if (!host) throw new Failure(`${path} is not what the local host writes: start it anew with \`npm start\`.`);
  return host;
}

function parsed(text: string): Host | undefined {
  try {
    const { url, stage, endpoints } = JSON.parse(text) as Partial<Host>;
    if (typeof url !== 'string' || typeof stage !== 'string') return undefined;
    const services = [endpoints?.secretsmanager, endpoints?.sqs, endpoints?.cloudwatch, endpoints?.lambda];
    return endpoints && services.every((service) => typeof service === 'string')
      ? { url, stage, endpoints }
      : undefined;
  } catch {
    return undefined;
  }
}
