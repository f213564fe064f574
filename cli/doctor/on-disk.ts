import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { causeOf } from '../failure.ts';
import { type Check, fine, look, notAsked } from './check.ts';

/** The template is what would be deployed: older than the code it is made of, it is not. */
export const template: Check = {
  name: 'template',
  look: ({ isLocal, connection: { stage } }) => {
    if (isLocal) return Promise.resolve([notAsked('the local host makes its own at start')]);
    const file = resolve('cdk.out', `hookgate-${stage}.template.json`);
    const mend = 'run `npm run synth`';
    try {
      const made = statSync(file).mtimeMs;
      const newer = ['lib', 'lambdas'].flatMap((folder) => changedSince(resolve(folder), made));
      const [first] = newer;
      if (first !== undefined) return Promise.resolve([look(`${first} has changed since ${file} was made`, mend)]);
      return Promise.resolve([fine(`${file} is as new as the code`)]);
    } catch (error) {
      return Promise.resolve([look(`${file} can't be read (${causeOf(error)})`, mend)]);
    }
  },
};

function changedSince(folder: string, time: number): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true }).flatMap((entry) => {
    const path = join(entry.parentPath, entry.name);
    return entry.isFile() && statSync(path).mtimeMs > time ? [path] : [];
  });
}
