/**
 * Looks for the secrets of a data folder's store in everything else of the folder: `node test/support/search.ts <folder>`.
 * Prints where they are, a line each. A process of its own, so that whoever removes a folder need not wait in between.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gunzipSync } from 'node:zlib';
import { openStore } from '../../local/dynamodb/store.ts';
import { leaksIn, secretsIn } from './canary.ts';

const [folder = ''] = process.argv.slice(2);
// Of a host; or of the services alone.
const services = existsSync(join(folder, 'services')) ? join(folder, 'services') : folder;
const store = join(services, 'secrets.json');
const secrets = existsSync(store) ? storedSecrets() : [];
if (secrets.length > 0) {
  files();
  queuesAndObjects();
  await tables();
}

function storedSecrets(): readonly string[] {
  let kept: { versions: { string?: string; binary?: string }[] }[];
  try {
    kept = JSON.parse(readFileSync(store, 'utf8')) as typeof kept;
  } catch {
    // A test has spoiled it.
    return [];
  }
  if (!Array.isArray(kept)) return [];
  const stored = kept.flatMap(({ versions }) => versions.flatMap(({ string, binary }) => [string, binary]));
  return [...new Set(stored.flatMap((text) => (text === undefined ? [] : secretsIn(text))))];
}

function report(bytes: Buffer, place: string): void {
  for (const form of leaksIn(bytes, secrets)) process.stdout.write(`${place}: a secret, as ${form}\n`);
}

/** All but the functions' code, which is there before any secret is. */
function files(): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && path !== store && !/cdk\.out.*\.js$/.test(path)) {
      report(readFileSync(path), relative(folder, path));
    }
  }
}

function queuesAndObjects(): void {
  const path = join(services, 'sqs', 'fauxqs.db');
  if (!existsSync(path)) return;
  try {
    const database = new DatabaseSync(path);
    const names = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    for (const { name } of names) {
      for (const row of database.prepare(`SELECT * FROM "${String(name)}"`).all()) {
        for (const value of Object.values(row)) unpacked(value, `queues and objects, ${String(name)}`);
      }
    }
    database.close();
  } catch (error) {
    if (!/not a database|malformed/.test(String(error))) throw error;
  }
}

/** LevelDB packs its blocks, so the files do not show what is in them. */
async function tables(): Promise<void> {
  const path = join(services, 'dynamodb');
  if (!existsSync(join(path, 'CURRENT'))) return;
  const { db } = await openStore(path);
  for await (const [key, value] of db.iterator({ gte: '', lt: '\uffff' })) {
    report(Buffer.from(key), 'a key of a table');
    report(Buffer.from(JSON.stringify(value)), 'a row of a table');
    if (typeof value !== 'object' || value === null) continue;
    for (const attribute of Object.values(value) as unknown[]) {
      const { B: packed } = Object(attribute) as { B?: unknown };
      if (typeof packed === 'string') unpacked(Buffer.from(packed, 'base64'), 'a payload of a table');
    }
  }
  await new Promise<void>((done) => db.close(() => done()));
}

function unpacked(value: unknown, place: string): void {
  const bytes = value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(String(value));
  report(bytes, place);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) report(gunzipSync(bytes), place);
}
