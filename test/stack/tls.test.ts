import { Match, Template } from 'aws-cdk-lib/assertions';
import { config, type StageConfig } from '../../lib/config.ts';
import { tlsProblems } from '../../lib/tls.ts';
import { planOf, stackOf } from './stage.ts';

const domain = {
  name: 'hooks.example.com',
  certificateArn: 'arn:aws:acm:eu-central-1:111122223333:certificate/0a1b2c3d-0000-0000-0000-000000000000',
};
const truststore = 's3://example-truststore/clients.pem';

async function templateWith(settings: Partial<StageConfig>): Promise<Template> {
  const stages = { prod: { ...config.stages.prod, ...settings } };
  return Template.fromStack(stackOf(await planOf('prod', { ...config, stages })));
}

test.each([
  ['nothing said', {}, 'SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09'],
  ['tls12-strict', { tls: 'tls12-strict' }, 'SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09'],
  ['tls13', { tls: 'tls13' }, 'SecurityPolicy_TLS13_1_3_2025_09'],
] as const)('%s: the API and its domain take the same connections, strictly', async (_, settings, policy) => {
  const template = await templateWith({ ...settings, domain });
  for (const type of ['AWS::ApiGateway::RestApi', 'AWS::ApiGateway::DomainName']) {
    template.hasResourceProperties(type, { SecurityPolicy: policy, EndpointAccessMode: 'STRICT' });
  }
});

test('mtls: callers show a certificate at the domain, with a policy that allows it', async () => {
  const template = await templateWith({ tls: 'mtls', domain: { ...domain, truststore } });
  template.hasResourceProperties('AWS::ApiGateway::DomainName', {
    DomainName: 'hooks.example.com',
    MutualTlsAuthentication: { TruststoreUri: 's3://example-truststore/clients.pem' },
    SecurityPolicy: 'TLS_1_2',
    EndpointAccessMode: Match.absent(),
  });
  template.hasResourceProperties('AWS::ApiGateway::RestApi', {
    SecurityPolicy: 'TLS_1_2',
    EndpointAccessMode: Match.absent(),
  });
});

test('with a domain the address of API Gateway’s own is off, and the outputs name the domain', async () => {
  const template = await templateWith({ domain });
  template.hasResourceProperties('AWS::ApiGateway::RestApi', { DisableExecuteApiEndpoint: true });
  template.hasResourceProperties('AWS::ApiGateway::BasePathMapping', { BasePath: Match.absent() });
  const urls = Object.values(template.findOutputs('*')).map(({ Value }: { Value?: unknown }) => Value);
  expect(urls).toEqual(
    expect.arrayContaining(['https://hooks.example.com/webhooks/scalekit', 'https://hooks.example.com/admin']),
  );
});

test('without a domain there is none, and the address of API Gateway’s own is on', async () => {
  const template = await templateWith({});
  template.resourceCountIs('AWS::ApiGateway::DomainName', 0);
  template.hasResourceProperties('AWS::ApiGateway::RestApi', {
    DisableExecuteApiEndpoint: Match.absent(),
    Policy: Match.absent(),
  });
});

test('the API’s own policy lets anybody to the webhooks and holds the admin API to its addresses', async () => {
  const template = await templateWith({ apiPolicy: true, adminAllow: { cidrs: ['198.51.100.0/24'] } });
  const statement = { Principal: { AWS: '*' }, Action: 'execute-api:Invoke' };
  template.hasResourceProperties('AWS::ApiGateway::RestApi', {
    Policy: {
      Statement: [
        { ...statement, Effect: 'Allow', Resource: 'execute-api:/prod/*/webhooks/*' },
        {
          ...statement,
          Effect: 'Deny',
          Resource: 'execute-api:/prod/*/admin/*',
          Condition: { NotIpAddress: { 'aws:SourceIp': ['198.51.100.0/24'] } },
        },
      ],
    },
  });
});

test.each([
  ['mtls at no domain', { tls: 'mtls' }, "Stage 'prod' has tls 'mtls' without a domain: API Gateway asks callers"],
  ['mtls without a truststore', { tls: 'mtls', domain }, "Stage 'prod' has tls 'mtls' and domain without a truststore"],
  [
    'a truststore with tls13',
    { tls: 'tls13', domain: { ...domain, truststore } },
    "Stage 'prod' has domain.truststore with tls 'tls13', a policy that API Gateway can't combine",
  ],
  [
    'a truststore with the default',
    { domain: { ...domain, truststore } },
    "Stage 'prod' has domain.truststore with tls 'tls12-strict'",
  ],
  ['a domain that is none', { domain: { ...domain, name: 'https://x' } }, "Stage 'prod' has domain.name 'https://x'"],
  [
    'a certificate of IAM',
    { domain: { ...domain, certificateArn: 'arn:aws:iam::111122223333:server-certificate/x' } },
    "Stage 'prod' has domain.certificateArn 'arn:aws:iam::111122223333:server-certificate/x'",
  ],
  [
    'a truststore on disk',
    { tls: 'mtls', domain: { ...domain, truststore: 'clients.pem' } },
    "Stage 'prod' has domain.truststore 'clients.pem'",
  ],
] as const)('%s is refused at synth, with the reason', async (_, settings, reason) => {
  expect(tlsProblems(settings, "Stage 'prod'")).toEqual([expect.stringContaining(reason)]);
  await expect(templateWith(settings)).rejects.toThrow(reason.replace("Stage 'prod'", "Stage 'prod' in lib/config.ts"));
});
