import { listen, type RunningService } from './aws/json-server.ts';
import { buildS3, newObjectStore, newQueueStore, type Persistence } from './sqs/fauxqs.ts';

/** S3 on this machine: fauxqs's, addressed by path, on a port of its own. */
export async function startS3(persistence: Persistence): Promise<RunningService> {
  const store = await newObjectStore();
  persistence.loadS3(store);
  store.persistence = persistence;
  const application = await buildS3(store, await newQueueStore());
  await application.ready();
  const service = await listen(application.server);
  return { url: service.url, close: service.close };
}
