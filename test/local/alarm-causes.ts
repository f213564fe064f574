import type { EventRecord } from '../../lambdas/core/record.ts';
import { sendRecord } from '../../lambdas/core/send.ts';
import type { AlarmWorld } from '../support/alarm-world.ts';
import { inkressDelivery, scalekitDelivery, skribbyDelivery } from '../support/gateway-in-memory.ts';

const HOUR = 60 * 60_000;
const QUEUE = 'hookgate-local-inkress-payment-success';

/** What makes an alarm ring. */
export interface Cause {
  /** Its name, without stage. */
  readonly alarm: string;
  /** Whether it wakes somebody. */
  readonly wakes?: true;
  /** Happens in each minute while the cause lasts; what it returns puts things right. */
  readonly happens: (world: AlarmWorld) => Promise<void | (() => unknown)>;
  /** It happens once, and lasts. */
  readonly once?: true;
  /** How many minutes until it must ring. */
  readonly minutes: number;
  /** Without the delivery an hour that everything else assumes. */
  readonly quiet?: true;
}

let deliveries = 0;
/** A new payment of Inkress. */
export const payment = () =>
  inkressDelivery(JSON.stringify({ id: `evt_${++deliveries}`, event_type: 'payment.success' }));
/** A delivery with another body than was signed. Each from another address: many of one are another cause. */
export const forgery = (of: ReturnType<typeof payment>, at = 1) => ({
  ...of,
  body: Buffer.from('{}'),
  sourceIp: `198.51.100.${at}`,
});

/** By alarm. */
export const CAUSES: Readonly<Record<string, Cause>> = {
  parked: {
    alarm: 'parked-inkress-payment-success',
    happens: ({ put }) => Promise.resolve(put(`${QUEUE}-parked`)),
    minutes: 1,
  },
  'verifier-5xx': {
    alarm: 'verifier-5xx-api',
    wakes: true,
    happens: ({ answered }) => Promise.resolve(answered({ status: 503 })),
    minutes: 1,
  },
  throttled: {
    alarm: 'throttled-api',
    wakes: true,
    happens: ({ answered }) => Promise.resolve(answered({ status: 429 })),
    minutes: 1,
  },
  // Its message is lost after it was accepted.
  'ledger-mismatch': {
    alarm: 'ledger-mismatch-skribby',
    wakes: true,
    once: true,
    happens: async ({ clock, does, gateway: { store, queue } }) => {
      await does(({ receives }) => receives(skribbyDelivery({ at: clock.now() })));
      const lost = queue.sent.pop();
      expect(lost?.source).toBe('skribby');
      const record = [...store.records.values()].find(({ source }) => source === 'skribby') as EventRecord;
      return () => sendRecord(queue, record);
    },
    minutes: 17,
  },
  // SQS is down: what comes is accepted all the same, and waits.
  'outbox-age': {
    alarm: 'outbox-age-inkress',
    wakes: true,
    once: true,
    happens: async ({ does, gateway: { queue } }) => {
      queue.down = true;
      await does(async ({ receives }) => {
        expect(await receives(payment())).toMatchObject({ receipt: 'accepted', via: 'outbox' });
      });
      return () => (queue.down = false);
    },
    minutes: 17,
  },
  'function-errors': {
    alarm: 'function-errors-sweeper',
    wakes: true,
    happens: ({ functionRuns }) => Promise.resolve(functionRuns('Sweeper', 'failed')),
    minutes: 3,
  },
  'all-rejected': {
    alarm: 'all-rejected-skribby',
    happens: ({ clock, does }) => does(({ receives }) => receives(forgery(skribbyDelivery({ at: clock.now() })))),
    minutes: 3,
  },
  silence: { alarm: 'silence-inkress', happens: () => Promise.resolve(), once: true, minutes: 26 * 60, quiet: true },
  // What the processor calls is down: five events fail, and the rest is not even tried.
  'breaker-open': {
    alarm: 'breaker-open-inkress-payment-success',
    once: true,
    happens: async ({ does, gateway: { handle, breakers } }) => {
      handle(() => {
        throw new Error('the shop is down');
      });
      await does(async ({ receives }) => {
        for (let i = 0; i < 8; i++) await receives(payment());
      });
      return () => {
        expect(breakers.rows.get('inkress/payment-success')?.state).toBe('OPEN');
        handle(() => undefined);
      };
    },
    minutes: 2,
  },
  'dead-letters': {
    alarm: 'dead-letters-inkress-payment-success',
    wakes: true,
    happens: ({ put }) => Promise.resolve(put(`${QUEUE}-dead`)),
    minutes: 1,
  },
  // A deployment was taken back, and an event of the newer one is still there.
  'newer-version': {
    alarm: 'newer-version-all',
    once: true,
    happens: async ({ does, gateway: { store } }) => {
      await does(({ receives }) => receives(payment()));
      const record = [...store.records.values()].find(({ status }) => status === 'RECEIVED') as EventRecord;
      store.records.set(record.pk, { ...record, v: 2 });
      return () => store.records.set(record.pk, record);
    },
    minutes: 1,
  },
  'oldest-message': {
    alarm: 'oldest-message-inkress-payment-success',
    wakes: true,
    happens: ({ put }) => Promise.resolve(put(QUEUE)),
    minutes: 12,
  },
  // Every third: too few for the breaker.
  failures: {
    alarm: 'failures-inkress-payment-success',
    once: true,
    happens: async ({ does, gateway: { handle } }) => {
      let calls = 0;
      handle(() => {
        if (calls++ % 3 === 0) throw new Error('the shop refuses it');
      });
      await does(async ({ receives }) => {
        for (let i = 0; i < 33; i++) await receives(payment());
      });
      return () => handle(() => undefined);
    },
    minutes: 2,
  },
  'slow-processing': {
    alarm: 'slow-processing-inkress-payment-success',
    once: true,
    happens: async ({ clock, does, gateway: { handle } }) => {
      handle(() => clock.advance(5_001));
      await does(({ receives }) => receives(payment()));
      return () => handle(() => undefined);
    },
    minutes: 2,
  },
  'rejected-spike': {
    alarm: 'rejected-spike-inkress',
    happens: ({ does }) =>
      does(async ({ receives }) => {
        for (let i = 0; i < 60; i++) await receives(forgery(payment(), i));
      }),
    minutes: 2,
  },
  // Rotated nineteen hours ago, of the twenty-four for which both are good; the provider still signs with the old one.
  'secret-overlap-overdue': {
    alarm: 'secret-overlap-overdue-scalekit',
    happens: async ({ clock, does, gateway: { secretStore } }) => {
      if (!secretStore.stages.get('scalekit')?.has('AWSPREVIOUS'))
        secretStore.rotate('scalekit', 'whsec_bmV3', clock.now() - 19 * HOUR);
      await does(({ receives }) => receives(scalekitDelivery({ id: `msg_${++deliveries}`, at: clock.now() })));
    },
    minutes: 2,
  },
  'edge-blocks': {
    alarm: 'edge-blocks-web-acl',
    happens: ({ services, clock }) => {
      for (let i = 0; i < 101; i++) services.blocked('ill-repute', clock.now());
      return Promise.resolve();
    },
    minutes: 1,
  },
  // Ten wrong signatures of one address.
  'blocked-addresses': {
    alarm: 'blocked-addresses-all',
    once: true,
    happens: ({ does }) =>
      does(async ({ receives }) => {
        for (let i = 0; i < 10; i++) await receives(forgery(payment()));
      }),
    minutes: 1,
  },
  // What the provider publishes makes no sense from one moment on; it is asked for once an hour.
  'allowlist-drift': {
    alarm: 'allowlist-drift-github',
    once: true,
    happens: ({ gateway: { publish } }) => {
      publish('<html>We have moved</html>');
      return Promise.resolve(() => publish('3.0.0.1/32'));
    },
    minutes: 62,
  },
  'secret-rotation-failed': {
    alarm: 'secret-rotation-failed-function',
    happens: ({ functionRuns }) => Promise.resolve(functionRuns('Rotation', 'failed')),
    minutes: 1,
  },
  // Somebody disables it in the console.
  'mapping-drift': {
    alarm: 'mapping-drift-inkress-payment-success',
    once: true,
    happens: ({ gateway: { mappings } }) => {
      mappings.set('inkress/payment-success', { enabled: false, maximumConcurrency: 5 });
      return Promise.resolve(() =>
        expect(mappings.get('inkress/payment-success')).toEqual({ enabled: true, maximumConcurrency: 5 }),
      );
    },
    minutes: 1,
  },
};
