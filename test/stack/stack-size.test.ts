import { Template } from 'aws-cdk-lib/assertions';
import { config, type SourceConfig } from '../../lib/config.ts';
import { planOf, stackOf } from './stage.ts';

/** A stage of so many sources with one route each. */
async function stackWith(count: number, group?: string) {
  const sources = Array.from({ length: count }, (_, at): SourceConfig => {
    return {
      name: `source-${at}`,
      provider: 'scalekit',
      allow: { cidrs: ['52.206.68.0/24'] },
      routes: ['scalekit/user-created'],
      ...(group !== undefined && { group }),
    };
  });
  return stackOf(await planOf('prod', { ...config, sources }));
}

test('a stage of twelve sources with a route each is one stack', async () => {
  expect(
    Object.keys((Template.fromStack(await stackWith(12)).toJSON() as { Resources: object }).Resources).length,
  ).toBeLessThan(500);
});

test('a stage that is more than one stack can have is refused at synth, with what to do', async () => {
  const stack = await stackWith(40);
  expect(() => Template.fromStack(stack)).toThrow(
    /Stage 'prod' in lib\/config\.ts has 40 sources and 40 routes, \d{3,4} resources where CloudFormation allows 500 in a stack: give sources or routes that are not deployed yet a `group` of their own\./,
  );
});

test('and so is a group', async () => {
  const stack = await stackWith(21, 'eu');
  expect(() => Template.fromStack(stack)).toThrow(
    /Group 'eu' of stage 'prod' in lib\/config\.ts has 21 sources and 21 routes, 5\d\d resources where CloudFormation allows 500 in a stack: give sources or routes/,
  );
});
