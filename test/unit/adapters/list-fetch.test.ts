import { fetchList } from '../../../lambdas/adapters/list-fetch.ts';

const URL_OF_LIST = 'https://lists.example.com/ips.txt';
const answering = (response: Response, asked: RequestInit[] = []): typeof fetch => {
  return (_, init) => {
    asked.push(init ?? {});
    return Promise.resolve(response);
  };
};

test('a list is read as text, and a redirect would be an error', async () => {
  const asked: RequestInit[] = [];
  expect(await fetchList(URL_OF_LIST, answering(new Response('3.18.12.63\n'), asked))).toBe('3.18.12.63\n');
  expect(asked).toMatchObject([{ redirect: 'error', headers: { 'user-agent': 'hookgate' } }]);
});

test('only https is asked', async () => {
  await expect(fetchList('http://lists.example.com/ips.txt', answering(new Response('')))).rejects.toThrow(
    'http://lists.example.com/ips.txt is not https.',
  );
});

test.each([301, 403, 404, 500])('an answer %i is no list', async (status) => {
  await expect(fetchList(URL_OF_LIST, answering(new Response('3.18.12.63', { status })))).rejects.toThrow(
    `https://lists.example.com/ips.txt answered ${status}.`,
  );
});

test('a list without end is read to the limit and no further', async () => {
  let sent = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      sent++;
      controller.enqueue(new Uint8Array(64 * 1024).fill(0x20));
    },
  });
  await expect(fetchList(URL_OF_LIST, answering(new Response(endless)))).rejects.toThrow('has more than 2097152 bytes');
  expect(sent).toBeLessThan(40);
});
