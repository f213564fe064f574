import { parseRequest } from '../../cli/request-file.ts';

const NO_FILES = () => undefined;

function parse(text: string, files: (name: string) => Buffer | undefined = NO_FILES) {
  const request = parseRequest(Buffer.from(text), files);
  if ('problem' in request) throw new Error(request.problem);
  return { ...request, body: request.body.toString() };
}

test('reads HTTP as it goes over the wire', () => {
  expect(
    parse('POST /hooks?a=1 HTTP/1.1\r\nHost: example.com\r\nX-Sig:  ab \r\nContent-Length: 7\r\n\r\n{"a":1}\n'),
  ).toEqual({
    method: 'POST',
    url: 'https://example.com/hooks?a=1',
    headers: [
      ['Host', 'example.com'],
      ['X-Sig', 'ab'],
      ['Content-Length', '7'],
    ],
    body: '{"a":1}',
    notes: [],
  });
});

test('reads the first request of an editor’s file, without the line break at its end', () => {
  const request = parse(
    '### a delivery\n# note\nPOST https://example.com/h\nx-sig: ab\n\n{\n "a": 1\n}\n\n###\nGET https://x.y\n',
  );
  expect(request).toMatchObject({ method: 'POST', url: 'https://example.com/h', headers: [['x-sig', 'ab']] });
  expect(request.body).toBe('{\n "a": 1\n}\n');
  expect(request.notes).toHaveLength(1);
});

test('says when the body is shorter than it was sent', () => {
  expect(parse('POST / HTTP/1.1\nContent-Length: 9\n\n{}').notes).toEqual([
    'Content-Length says 9 bytes, but there are 2: what was captured is not what was sent.',
  ]);
});

test('a body keeps bytes that are no UTF-8', () => {
  const request = parseRequest(
    Buffer.concat([Buffer.from('POST / HTTP/1.1\n\n'), Buffer.from([0xff, 0x00])]),
    NO_FILES,
  );
  expect(request).toMatchObject({ body: Buffer.from([0xff, 0x00]) });
});

test('a repeated header stays repeated', () => {
  expect(parse('POST / HTTP/1.1\nX-A: 1\nX-A: 2\n\n').headers).toEqual([
    ['X-A', '1'],
    ['X-A', '2'],
  ]);
});

test('reads a curl command as a browser copies it', () => {
  expect(
    parse(
      `curl 'https://example.com/h' \\\n  -H 'X-Sig: t=1,v1=ab:cd' \\\n  --data-raw $'{"a":"it\\'s \\u00e9"}' --compressed -s`,
    ),
  ).toEqual({
    method: 'POST',
    url: 'https://example.com/h',
    headers: [
      ['X-Sig', 't=1,v1=ab:cd'],
      ['Content-Type', 'application/x-www-form-urlencoded'],
    ],
    body: '{"a":"it\'s é"}',
    notes: [],
  });
});

test('reads the short and the long form of curl’s options', () => {
  expect(
    parse(
      'curl -XPUT --url=https://example.com/h -d a=1 -d "b=\\"2\\"" -o /dev/null -u me:secret -H "content-type:x/y"',
    ),
  ).toMatchObject({
    method: 'PUT',
    url: 'https://example.com/h',
    headers: [
      ['Authorization', 'Basic bWU6c2VjcmV0'],
      ['content-type', 'x/y'],
    ],
    body: 'a=1&b="2"',
  });
});

test('a body in a file beside it is read as curl would', () => {
  const files = (name: string) => (name === 'body.json' ? Buffer.from('{\n"a":1}\n') : undefined);
  expect(parse('curl https://x.y/ --data-binary @body.json', files).body).toBe('{\n"a":1}\n');
  expect(parse('curl https://x.y/ -d @body.json', files).body).toBe('{"a":1}');
});

test.each([
  ['', 'is neither HTTP text'],
  ['hello', 'is neither HTTP text'],
  ['POST https://x.y\nnot a header\n\n', 'has a line among its headers that is none: not a header'],
  ["curl 'https://x.y", 'is a curl command with a quote that never ends'],
  ['curl -H a:b', 'is a curl command without a URL'],
  ['curl https://x.y -d @/etc/passwd', 'takes its body from /etc/passwd, which is not a file beside it'],
])('says what is wrong with %j', (text, problem) => {
  const request = parseRequest(Buffer.from(text), NO_FILES);
  expect('problem' in request && request.problem).toContain(problem);
});
