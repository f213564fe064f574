import { createServer } from 'node:net';

/** Below those that the system gives out by itself: nobody takes it while its server is down for a moment. */
const [FIRST, PORTS] = [15_000, 15_000];
let taken = 0;

/** A port for a server that comes back under it; another one at each call and in each process. */
export async function freePort(): Promise<number> {
  const port = FIRST + ((process.pid * 31 + taken++) % PORTS);
  const server = createServer();
  const isFree = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (!isFree) return freePort();
  await new Promise((closed) => server.close(closed));
  return port;
}
