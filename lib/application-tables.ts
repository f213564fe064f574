import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { tablesSettings } from '../lambdas/settings.ts';
import { dataKeyOf } from './data-key.ts';
import type { GatewayFunction } from './gateway-function.ts';
import type { Plan } from './plan.ts';
import { dataRemoval } from './removal.ts';

/** The team's own tables: one for each name that a processor declares, with the string partition key `id`. */
export class ApplicationTables extends Construct {
  private readonly tables: ReadonlyMap<string, Table>;

  constructor(scope: Construct, id: string, { settings, sources }: Plan) {
    super(scope, id);
    const names = new Set(sources.flatMap(({ routes }) => routes.flatMap(({ tables }) => tables)));
    const key = dataKeyOf(this);
    this.tables = new Map(
      [...names].sort().map((name) => [
        name,
        new Table(this, name, {
          partitionKey: { name: 'id', type: AttributeType.STRING },
          billingMode: BillingMode.PAY_PER_REQUEST,
          pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
          deletionProtection: settings.keepsData,
          removalPolicy: dataRemoval(settings),
          ...(key && { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey: key }),
        }),
      ]),
    );
  }

  /** What a handler's `commit` may do, to the tables that its processor names and no other. */
  grantCommit(to: GatewayFunction, names: readonly string[]): void {
    const tables = [...new Set(names)].map((name) => {
      const table = this.tables.get(name);
      if (!table) throw new Error(`There is no table '${name}': it is not declared by any processor of the plan.`);
      return { name, table };
    });
    const env = tablesSettings.toEnv({
      tables: Object.fromEntries(tables.map(({ name, table }) => [name, table.tableName])),
    });
    if (tables.length === 0) {
      to.tell(env);
      return;
    }
    to.give(
      {
        actions: ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'],
        resources: tables.map(({ table }) => table.tableArn),
      },
      env,
    );
  }
}
