import { Match, Template } from 'aws-cdk-lib/assertions';
import { config, type SourceConfig } from '../../lib/config.ts';
import { planOf, resourcesOf, stackOf } from './stage.ts';

const [scalekit] = config.sources;
if (!scalekit) throw new Error('the shipped configuration has no source');

/** The shipped configuration with one more source, of the given provider. */
async function templateWith(provider: string): Promise<Template> {
  const source: SourceConfig = { name: provider, provider, allow: scalekit?.allow ?? { cidrs: [] }, routes: ROUTES };
  return Template.fromStack(stackOf(await planOf('dev', { ...config, sources: [...config.sources, source] })));
}

const ROUTES = ['scalekit/user-created'];

function webhookMethods(template: Template): unknown[] {
  return [...resourcesOf(template, 'AWS::ApiGateway::Method').entries()]
    .filter(([id]) => id.includes('webhooks'))
    .map(([, { Properties }]) => Properties.HttpMethod);
}

test('the webhook resource takes POST only', async () => {
  expect(webhookMethods(Template.fromStack(stackOf(await planOf('dev'))))).toEqual(['POST']);
});

test('and the method by which a configured provider asks first', async () => {
  const template = await templateWith('meta');

  expect(webhookMethods(template)).toEqual(['POST', 'GET']);
  const [stage] = resourcesOf(template, 'AWS::ApiGateway::Stage').values();
  expect(stage?.Properties.MethodSettings).toContainEqual(
    expect.objectContaining({ HttpMethod: 'GET', ResourcePath: '/~1webhooks~1{source}' }),
  );
});

test('the secret of a provider that sends it in band is made empty, and the verifier may keep the first', async () => {
  const template = await templateWith('notion');
  const secrets = [...resourcesOf(template, 'AWS::SecretsManager::Secret').entries()];
  const [id = '', notion] = secrets.find(([, { Properties }]) => Properties.Name === 'hookgate/dev/notion') ?? [];

  expect(notion?.Properties).not.toHaveProperty('GenerateSecretString');
  expect(notion?.Properties).not.toHaveProperty('SecretString');
  template.hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: Match.arrayWith([{ Action: 'secretsmanager:PutSecretValue', Effect: 'Allow', Resource: { Ref: id } }]),
    },
  });
});

test('no function may write a secret otherwise', async () => {
  const template = Template.fromStack(stackOf(await planOf('dev')));
  expect(JSON.stringify(template.toJSON())).not.toContain('secretsmanager:PutSecretValue');
});
