import { parse, stringify } from 'node:querystring';

/** How a provider may write a URL differently from the one configured or called. */
export type UrlForm =
  /** Its default port spelled out, where it names none. */
  | 'with-port'
  | 'without-port'
  /** Its escapes undone. */
  | 'decoded'
  /** As browsers write it (https://url.spec.whatwg.org): host in lower case, a path at least `/`, some escapes. */
  | 'normal'
  /** The query read and written again by Node's older rules: `%27` for `'`, `%20` for `+`. */
  | 'query-escaped';

/** The URL in these forms, one after the other. What is no URL stays as it is. */
export function rewriteUrl(url: string, forms: readonly UrlForm[]): string {
  return forms.reduce((text, form) => REWRITE[form](text), url);
}

const REWRITE: Readonly<Record<UrlForm, (url: string) => string>> = {
  'with-port': (url) => rewritePort(url, (port, scheme) => port || (scheme === 'https://' ? ':443' : ':80')),
  'without-port': (url) => rewritePort(url, () => ''),
  decoded: (url) => {
    try {
      return decodeURIComponent(url);
    } catch {
      return url;
    }
  },
  normal: (url) => URL.parse(url)?.toString() ?? url,
  'query-escaped': (url) => {
    const [address = '', ...search] = url.split('?');
    return search.join('') === '' ? url : `${address}?${stringify(parse(search.join('?')))}`;
  },
};

/** Scheme, whoever logs in, host (an IPv6 address in brackets has colons of its own), port. */
const ORIGIN = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*@)?(\[[^\]/?#]*\]|[^/?#:]*)(:[^/?#]*)?/i;

function rewritePort(url: string, rewrite: (port: string, scheme: string) => string): string {
  const origin = ORIGIN.exec(url);
  if (!origin) return url;
  const [whole, scheme = '', user = '', host = '', port = ''] = origin;
  return `${scheme}${user}${host}${rewrite(port, scheme.toLowerCase())}${url.slice(whole.length)}`;
}
