import {
  GetEventSourceMappingCommand,
  type LambdaClient,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import type { Mappings } from '../core/processing/control.ts';

/** Lambda's event source mappings, by their UUIDs. */
export function lambdaMappings(client: LambdaClient): Mappings {
  return {
    async read(id) {
      const { State, ScalingConfig } = await client.send(new GetEventSourceMappingCommand({ UUID: id }));
      // Creating, Enabling, Disabling, Updating: Lambda refuses a change until that is over.
      if (State !== 'Enabled' && State !== 'Disabled') return undefined;
      return { enabled: State === 'Enabled', maximumConcurrency: ScalingConfig?.MaximumConcurrency ?? Infinity };
    },
    async update(id, { enabled, maximumConcurrency }) {
      await client.send(
        new UpdateEventSourceMappingCommand({
          UUID: id,
          Enabled: enabled,
          ScalingConfig: { MaximumConcurrency: maximumConcurrency },
        }),
      );
    },
  };
}
