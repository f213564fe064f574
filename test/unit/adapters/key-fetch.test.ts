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

test('strangers who name ever new addresses are not followed', async () => {
  const { asked, request } = served(404, '');
  const keys = keyFetcher({ now: () => 0 }, request);
  for (let i = 0; i < 100; i++) await keys.fetch(`https://keys.example.com/${String(i)}.pem`);
  expect(asked).toHaveLength(20);
});

test('an answer of more than 64 KiB is no key', async () => {
  const { request } = served(200, 'x'.repeat(65 * 1024));
  expect(await keyFetcher({ now: () => 0 }, request).fetch('https://keys.example.com/a.pem')).toBeUndefined();
});
