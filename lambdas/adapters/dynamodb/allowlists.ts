import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Allowlist } from '../../core/addresses/allowlist.ts';
import type { Allowlists } from '../../core/addresses/follow.ts';
import { allowlistKey } from '../../core/table.ts';
import { jsonRow } from './json-row.ts';

/** The providers' published addresses, each a row of the table of records. */
export function dynamoAllowlists(client: DynamoDBClient, tableName: string): Allowlists {
  const rowOf = (provider: string) => jsonRow<Allowlist>(client, tableName, allowlistKey(provider));
  return {
    read: (provider) => rowOf(provider).read(),
    change: (provider, seen, next) => rowOf(provider).change(seen, next),
  };
}
