import * as z from 'zod';
import { processor } from '../../core/processor.ts';

/**
 * A directory changed a user: keep what it says now. Events come in any order, so one that is older than what is kept
 * is let go. https://docs.scalekit.com/reference/webhooks/directory-events/
 */
export default processor({
  on: 'organization.directory.user_updated',
  schema: z.object({
    organization_id: z.string(),
    data: z.object({
      id: z.string().min(1).max(512),
      email: z.email(),
      given_name: z.string().optional(),
      family_name: z.string().optional(),
      active: z.boolean().default(true),
    }),
  }),
  tables: ['users'],
  handler: async ({ payload: { data, organization_id }, receivedAt, occurredAt = receivedAt }, { commit, log }) => {
    const written = await commit([
      {
        update: {
          table: 'users',
          key: { id: data.id },
          set: {
            organizationId: organization_id,
            email: data.email,
            givenName: data.given_name ?? null,
            familyName: data.family_name ?? null,
            active: data.active,
            updatedAt: occurredAt.toISOString(),
          },
          condition: {
            expression: 'attribute_not_exists(updatedAt) OR updatedAt < :occurredAt',
            values: { ':occurredAt': occurredAt.toISOString() },
          },
        },
      },
    ]);
    if (written === 'refused') log.info('older than what is kept');
  },
});
