import { keyFetcher } from '../../../lambdas/adapters/key-fetch.ts';

function served(status: number, text: string): { asked: [string, RequestInit | undefined][]; request: typeof fetch } {
  const asked: [string, RequestInit | undefined][] = [];
  return {
    asked,
    request: (address, init) => {
      asked.push([address as string, init]);
      return Promise.resolve(new Response(text, { status }));
    },
  };
}

test('a key is asked for once a day, without following redirects', async () => {
  const { asked, request } = served(200, 'PEM');
  let now = 0;
  const keys = keyFetcher({ now: () => now }, request);
  expect(await keys.fetch('https://keys.example.com/a.pem')).toBe('PEM');
  now = 23 * 60 * 60 * 1000;
  expect(await keys.fetch('https://keys.example.com/a.pem')).toBe('PEM');
  expect(asked).toHaveLength(1);
  expect(asked[0]?.[1]?.redirect).toBe('error');
  now = 24 * 60 * 60 * 1000;
  await keys.fetch('https://keys.example.com/a.pem');
  expect(asked).toHaveLength(2);
});

test('only https is spoken', async () => {
  const { asked, request } = served(200, 'PEM');
  expect(await keyFetcher({ now: () => 0 }, request).fetch('http://keys.example.com/a.pem')).toBeUndefined();
  expect(asked).toEqual([]);
});

test('a key that is not there is not asked for again within a minute', async () => {
  const { asked, request } = served(404, '');
  const keys = keyFetcher({ now: () => 0 }, request);
  expect(await keys.fetch('https://keys.example.com/a.pem')).toBeUndefined();
  expect(await keys.fetch('https://keys.example.com/a.pem')).toBeUndefined();
  expect(asked).toHaveLength(1);
});

test('a provider in trouble is an error, not a missing key', async () => {
  const { request } = served(503, '');
  await expect(keyFetcher({ now: () => 0 }, request).fetch('https://keys.example.com/a.pem')).rejects.toThrow('503');
});

test('strangers who name ever new addresses are not followed, and told that it is our fault', async () => {
  const { asked, request } = served(404, '');
  const keys = keyFetcher({ now: () => 0 }, request);
  const answers = new Set<unknown>();
  for (let i = 0; i < 100; i++) {
    answers.add(await keys.fetch(`https://keys.example.com/${i}.pem`).catch((error: Error) => error.message));
  }
  expect(asked).toHaveLength(20);
  expect([...answers]).toEqual([undefined, 'Too many keys are asked for: nobody was asked.']);
});

test('what strangers make up takes no place from a key that was found, and keeps it from no refresh', async () => {
  const REAL = 'https://keys.example.com/real.pem';
  const asked: string[] = [];
  let now = 0;
  const keys = keyFetcher({ now: () => now }, (address) => {
    asked.push(address as string);
    return Promise.resolve(address === REAL ? new Response('PEM') : new Response('', { status: 404 }));
  });
  expect(await keys.fetch(REAL)).toBe('PEM');
  const flood = async () => {
    for (let i = 0; i < 100; i++) await keys.fetch(`https://keys.example.com/${now}-${i}.pem`).catch(() => undefined);
  };
  for (let minute = 0; minute < 10; minute++) {
    now += 60_000;
    await flood();
    expect(await keys.fetch(REAL)).toBe('PEM');
  }
  expect(asked.filter((address) => address === REAL)).toHaveLength(1);

  now += 24 * 60 * 60_000;
  await flood();
  expect(await keys.fetch(REAL)).toBe('PEM');
  expect(asked.filter((address) => address === REAL)).toHaveLength(2);
});

test('of more keys than are held the one that was used longest ago goes', async () => {
  const { asked, request } = served(200, 'PEM');
  let now = 0;
  const keys = keyFetcher({ now: () => now }, request);
  const fetch = (key: number) => keys.fetch(`https://keys.example.com/${key}.pem`);
  for (let key = 0; key < 64; key++) {
    now += 60_000;
    await fetch(key);
  }
  await fetch(0);
  await fetch(64);
  expect(asked).toHaveLength(65);
  await fetch(0);
  expect(asked).toHaveLength(65);
  await fetch(1);
  expect(asked).toHaveLength(66);
});

test('an answer of more than 64 KiB is no key', async () => {
  const { request } = served(200, 'x'.repeat(65 * 1024));
  expect(await keyFetcher({ now: () => 0 }, request).fetch('https://keys.example.com/a.pem')).toBeUndefined();
});
