import type { Inbox, KeptEntry } from '../../../lambdas/core/inbox/inbox.ts';

/** As S3 keeps it: names in order, and the first write of a name counts. */
export class MemoryInbox implements Inbox {
  readonly objects = new Map<string, Buffer>();
  /** Calls of `keep`, also those that found the place taken. */
  puts = 0;
  down = false;

  keep(source: string, id: string, bytes: Buffer): Promise<boolean> {
    this.puts++;
    if (this.down) return Promise.reject(new Error('S3 does not answer'));
    const name = `${source}/${id}`;
    if (this.objects.has(name)) return Promise.resolve(false);
    this.objects.set(name, bytes);
    return Promise.resolve(true);
  }

  list(source: string, after: string, most: number): Promise<readonly KeptEntry[]> {
    const entries = [...this.objects]
      .filter(([name]) => name.startsWith(`${source}/`))
      .map(([name, bytes]) => ({ id: name.slice(source.length + 1), bytes: bytes.length }))
      .filter(({ id }) => id > after)
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    return Promise.resolve(entries.slice(0, most));
  }

  read(source: string, id: string): Promise<Buffer | undefined> {
    return Promise.resolve(this.objects.get(`${source}/${id}`));
  }

  remove(source: string, id: string): Promise<void> {
    this.objects.delete(`${source}/${id}`);
    return Promise.resolve();
  }
}
