import { Template } from 'aws-cdk-lib/assertions';
import { planOf, resourcesOf, stackOf } from './stage.ts';

let template: Template;
beforeAll(async () => {
  template = Template.fromStack(stackOf(await planOf('prod')));
});

/**
 * Each holds something that can't be made again: a changed id is a new, empty resource at the next deployment, and the
 * old one left aside. If this fails, give the construct its old id back; don't change the list.
 */
test('the logical ids of what holds data never change', () => {
  const stateful = ['AWS::DynamoDB::Table', 'AWS::S3::Bucket', 'AWS::SecretsManager::Secret', 'AWS::SQS::Queue'];
  expect(stateful.flatMap((type) => [...resourcesOf(template, type).keys()]).sort()).toEqual([
    'ApplicationTablesmeetings24E6EF0B',
    'ApplicationTablesorders70C63D93',
    'ApplicationTablespayouts3697C723',
    'ApplicationTablesusers3E33EE93',
    'RecordsPayloadsFFBABD72',
    'RecordsTableC9B7A30B',
    'RouteinkresspaymentfailedDead5CF62FAD',
    'RouteinkresspaymentfailedMain6C156EBF',
    'RouteinkresspaymentfailedParked77EBB8E1',
    'RouteinkresspaymentsuccessDead5E3EFF24',
    'RouteinkresspaymentsuccessMain709C85C9',
    'RouteinkresspaymentsuccessParked45747D37',
    'RouteinkresspayoutcompletedDeadB1AFBA57',
    'RouteinkresspayoutcompletedMain8C6E6A25',
    'RouteinkresspayoutcompletedParkedCE4990CC',
    'RoutescalekitusercreatedDeadA5C90628',
    'RoutescalekitusercreatedMainDF5DE8D5',
    'RoutescalekitusercreatedParked3C63B0C6',
    'RoutescalekituserupdatedDead69D36449',
    'RoutescalekituserupdatedMain46E78B06',
    'RoutescalekituserupdatedParked3A7F61F5',
    'RouteskribbystatusupdateDeadFFF611F0',
    'RouteskribbystatusupdateMain94599313',
    'RouteskribbystatusupdateParkedAB5DBDBE',
    'Secretsinkress532C5814',
    'Secretsscalekit609C3320',
    'SecretsskribbyF0E9998A',
  ]);
});

test('the whole stack is as it was', () => {
  const text = JSON.stringify(template.toJSON(), null, 2)
    // What the functions contain is tested elsewhere, and changes with every line of theirs.
    .replace(/"[0-9a-f]{64}\.zip"/g, '"<asset>.zip"');
  expect(JSON.parse(text)).toMatchSnapshot();
});
