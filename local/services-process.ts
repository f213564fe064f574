import { type ChildProcess, fork } from 'node:child_process';
import { getCompileCacheDir } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Noted } from './iam/guard.ts';
import type { Rules } from './iam/rules.ts';
import { Refusal } from './refusal.ts';
import type { Endpoints, FromServices, ServicesOptions, ToServices } from './services.ts';

/** The data services, running in their own process. */
export interface ServicesProcess {
  readonly endpoints: Endpoints;
  /** From when it is fulfilled, functions are held to these rules. */
  readonly bind: (rules: Rules, file: string) => Promise<void>;
  /** The services kill this process when this one dies. */
  readonly watch: (pid: number) => void;
  readonly unwatch: (pid: number) => void;
  /** Who runs the functions that the services call: undefined when one succeeded, else its error's message. */
  readonly invokeBy: (invoke: (functionArn: string, event: string) => Promise<string | undefined>) => void;
  readonly stop: () => Promise<void>;
  /** Fulfilled when the process ends, also unasked. */
  readonly ended: Promise<void>;
}

const ENTRY = fileURLToPath(new URL('./services.ts', import.meta.url));

/** @param onRefused told of each call that a function's role does not allow, when it is first made */
export async function startServices(
  options: ServicesOptions,
  onRefused: (refused: Noted) => void,
): Promise<ServicesProcess> {
  const child = fork(ENTRY, {
    // What is kept of the host's compiled code is kept of its services', too.
    env: { ...process.env, NODE_COMPILE_CACHE: getCompileCacheDir() },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: ['--disable-warning=ExperimentalWarning'],
    // A process group of its own: what ends the host with its whole group, a closed terminal or a kill, must not end its
    // watchdog. It ends when this process does.
    detached: true,
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  send(child, { kind: 'start', options });
  const endpoints = await new Promise<Endpoints>((resolve, reject) => {
    child.on('message', (message: FromServices) => {
      if (message.kind === 'ready') resolve(message.endpoints);
      else if (message.kind === 'failed') reject(new Refusal(message.sentence));
    });
    void ended.then(() => reject(new Refusal('The data services ended before they were ready.')));
  }).catch(async (error: unknown) => {
    child.kill('SIGKILL');
    await ended;
    throw error;
  });
  child.on('message', (message: FromServices) => {
    if (message.kind === 'refused') onRefused(message.refused);
  });
  return {
    endpoints,
    bind: async (rules, file) => {
      const bound = new Promise<void>((resolve) =>
        child.on('message', (message: FromServices) => {
          if (message.kind === 'bound') resolve();
        }),
      );
      send(child, { kind: 'bind', rules, file });
      await Promise.race([bound, ended]);
    },
    watch: (pid) => send(child, { kind: 'watch', pid }),
    unwatch: (pid) => send(child, { kind: 'unwatch', pid }),
    invokeBy: (invoke) => {
      child.on('message', (message: FromServices) => {
        if (message.kind !== 'invoke') return;
        const { id, functionArn, event } = message;
        void invoke(functionArn, event)
          .catch(String)
          .then((failure) => send(child, { kind: 'invoked', id, ...(failure !== undefined && { failure }) }));
      });
    },
    stop: async () => {
      send(child, { kind: 'stop' });
      const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
      await ended;
      clearTimeout(timer);
    },
    ended,
  };
}

function send(child: ChildProcess, message: ToServices): void {
  if (child.connected) child.send(message);
}
