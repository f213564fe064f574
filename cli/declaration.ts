import { type Grammar } from '../lambdas/core/scheme/grammar.ts';
import { type KeyEncoding } from '../lambdas/core/scheme/key.ts';
import { type Part } from '../lambdas/core/scheme/part.ts';
import { type SignatureScheme } from '../lambdas/core/scheme/provider.ts';

/** A scheme as the text of a declaration, to be pasted into a file of `lambdas/providers`. */
export function writeDeclaration(name: string, scheme: SignatureScheme): string {
  const { in: place, grammar, encoding } = scheme.signature;
  const where = 'slot' in place ? writePart(place) : JSON.stringify(place);
  const time = scheme.timestamp
    ? [`    timestamp: { in: ${writePart(scheme.timestamp.in)}, unit: '${scheme.timestamp.unit}' },`]
    : [];
  return [
    'provider({',
    `  name: '${name}',`,
    `  title: '${name}',`,
    '  scheme: {',
    `    algorithm: '${scheme.algorithm}',`,
    `    key: ${writeKey(scheme.key)},`,
    `    content: [${scheme.content.map(writePart).join(', ')}],`,
    `    signature: { in: ${where}, grammar: ${writeGrammar(grammar)}, encoding: '${encoding}' },`,
    ...time,
    '  },',
    "  id: [json('/id')],",
    "  type: [json('/type')],",
    '  redelivers: true,',
    '  acknowledge: { status: 200 },',
    "  sources: ['a captured request'],",
    '});',
  ].join('\n');
}

function writePart(part: Part): string {
  if (typeof part === 'string') return `'${part.replaceAll('\n', '\\n')}'`;
  switch (part.slot) {
    case 'header':
    case 'query':
    case 'form':
      return `${part.slot}('${part.name}')`;
    case 'sigParam':
      return `sigParam('${part.key}')`;
    case 'json':
      return `json('/${part.pointer.join('/')}')`;
    default:
      return part.slot;
  }
}

function writeKey(key: KeyEncoding): string {
  if (key.key === 'utf8') return 'utf8';
  if (key.key === 'hex') return 'hexKey';
  return key.key === 'base64' ? `base64Key('${key.prefix ?? ''}')` : JSON.stringify(key);
}

function writeGrammar(grammar: Grammar): string {
  switch (grammar.grammar) {
    case 'plain':
      return grammar.prefix ? `plain('${grammar.prefix}')` : 'plain()';
    case 'kv':
      return `kv('${grammar.separator}', ${grammar.keys.map((key) => `'${key}'`).join(', ')})`;
    default:
      return JSON.stringify(grammar);
  }
}
