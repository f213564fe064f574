import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rulesOf } from '../../local/iam/rules.ts';
import type { Noted } from '../../local/iam/guard.ts';
import { readAssembly } from '../../local/template/assembly.ts';
import { readTemplate } from '../../local/template/read.ts';
import type { RunningHost } from './host.ts';

/** Lambda itself uses these. */
const OF_LAMBDA = /^(logs|xray):/;

/** What the functions of one construct may do and have not done on a host so far, and what they were refused. */
export function permissionsOf(
  { data, region }: Pick<RunningHost, 'data' | 'region'>,
  construct: string,
): { readonly unused: readonly string[]; readonly refused: readonly string[] } {
  const assembly = readAssembly(join(data, 'cdk.out'));
  const account = '000000000000';
  const endpoints = { dynamodb: '', sqs: '', secretsmanager: '', s3: '' };
  const place = { stackName: assembly.stackName, region, account, endpoints, assets: assembly.assets };
  const { principals } = rulesOf(readTemplate(assembly, place).desired, { region, account });
  const granted = principals
    .filter((one) => one.function.startsWith(construct))
    .flatMap(({ policies }) =>
      policies.flatMap(({ actions, resources }) =>
        actions.flatMap((action) => resources.map((resource) => `${action} on ${resource}`)),
      ),
    );
  const noted = readFileSync(join(data, 'logs', 'permissions.jsonl'), 'utf8')
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Noted]))
    .filter((one) => one.function.startsWith(construct));
  const asked = (allowed: boolean) =>
    noted.filter((one) => one.allowed === allowed).map(({ action, resource }) => `${action} on ${resource}`);
  const used = new Set(asked(true));
  if (granted.length === 0) throw new Error(`No function of ${construct} may do anything.`);
  const unused = [...new Set(granted)].filter((permission) => !OF_LAMBDA.test(permission) && !used.has(permission));
  return { unused: unused.sort(), refused: asked(false) };
}
