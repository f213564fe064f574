import { type FSWatcher, readdirSync, watch } from 'node:fs';
import { join } from 'node:path';

/** The files under a folder, at any depth. */
export function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

/**
 * Tells of every file under a folder that is written, made, replaced or removed. Each folder is watched by itself:
 * Node's own `recursive` loses a file on Linux once an editor has replaced it by another.
 */
export function watchTree(folder: string, onChange: (file: string) => void): { close: () => void } {
  const watched = new Map<string, FSWatcher>();

  function add(path: string): void {
    if (watched.has(path)) return;
    const watcher = watch(path, (_event, name) => {
      if (name === null) return;
      addFolders();
      onChange(join(path, name));
    });
    // The folder was removed.
    watcher.on('error', () => watcher.close());
    watched.set(path, watcher);
  }

  function addFolders(): void {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    for (const entry of entries) if (entry.isDirectory()) add(join(entry.parentPath, entry.name));
  }

  add(folder);
  addFolders();
  return { close: () => watched.forEach((watcher) => watcher.close()) };
}
