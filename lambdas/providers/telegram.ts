import { utf8 } from '../core/scheme/key.ts';
import { header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** What happened is told by the body’s keys, not by a type field. */
export const telegram = provider({
  name: 'telegram',
  title: 'Telegram bots',
  scheme: { algorithm: 'token', key: utf8, token: { in: header('X-Telegram-Bot-Api-Secret-Token') } },
  id: [json('/update_id')],
  type: ['update'],
  orderKey: [json('/message/chat/id')],
  redelivers: true,
  acknowledge: { status: 200 },
  addresses: ['149.154.160.0/20', '91.108.4.0/22'],
  unsigned: {
    body: 'nothing is signed: the token is sent as it is with every request',
    id: 'nothing is signed: the token is sent as it is with every request',
  },
  sources: ['https://core.telegram.org/bots/api#setwebhook'],
  unchecked: ['its addresses, its retries'],
});
