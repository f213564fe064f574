import { isBuiltin } from 'node:module';
import { isAbsolute } from 'node:path';
import { build, type BuildOptions, type Plugin } from 'esbuild';

/** Namespaces of the modules that stand in for a package; esbuild asks for their content. */
const IMPORTED = 'package';
const LOADED = 'package-loaded';
const WHOLE = 'package-whole';

/**
 * npm packages, bundled once into a file of their own that all functions load. Nine tenths of a function are the SDK:
 * with it, bundling all functions again takes seconds; without, a tenth of one.
 */
export class Packages {
  readonly #file: string;
  readonly #named = new Set<string>();
  #bundled = 0;

  /** `file` must end in `.cjs`, because the project is made of ES modules. */
  constructor(file: string) {
    this.#file = file;
  }

  /** Leaves packages out of a bundle and remembers which they were. */
  readonly plugin: Plugin = {
    name: 'packages',
    setup: (esbuild) => {
      esbuild.onResolve({ filter: /.*/, namespace: LOADED }, ({ path }) => ({ path, external: true }));
      esbuild.onResolve({ filter: /.*/, namespace: IMPORTED }, ({ path }) => ({ path, namespace: LOADED }));
      esbuild.onResolve({ filter: /^[^.]/ }, ({ path, kind }) => {
        if (kind === 'entry-point' || isAbsolute(path) || isBuiltin(path)) return undefined;
        this.#named.add(path);
        return { path, namespace: IMPORTED };
      });
      // An ES module in between: imported straight into the project's files, a CommonJS module would lose its default.
      esbuild.onLoad({ filter: /.*/, namespace: IMPORTED }, ({ path }) => {
        const name = JSON.stringify(path);
        return { contents: `export * from ${name}; export { default } from ${name};` };
      });
      esbuild.onLoad({ filter: /.*/, namespace: LOADED }, ({ path }) => {
        const whole = `require(${JSON.stringify(this.#file)})(${JSON.stringify(path)})`;
        return { contents: `module.exports = { ...${whole}, __esModule: true };` };
      });
    },
  };

  /** Writes the file, unless it has every package that was named so far. */
  async bundle(options: BuildOptions): Promise<void> {
    if (this.#bundled === this.#named.size) return;
    const named = [...this.#named];
    const cases = named.map((name) => `case ${JSON.stringify(name)}: return require(${JSON.stringify(name)}).whole;`);
    const { entryPoints: _entries, outdir: _folder, ...same } = options;
    await build({
      ...same,
      stdin: { contents: `module.exports = (name) => { switch (name) { ${cases.join(' ')} } };` },
      outfile: this.#file,
      write: true,
      plugins: [wholePackages(named, String(options.absWorkingDir))],
    });
    this.#bundled = named.length;
  }
}

/** A package by `require`, so that it is not run before a function wants it, and yet as ES modules see it. */
function wholePackages(names: readonly string[], resolveDir: string): Plugin {
  return {
    name: 'whole-packages',
    setup: (esbuild) => {
      esbuild.onResolve({ filter: /.*/ }, ({ path, importer }) =>
        importer === '<stdin>' && names.includes(path) ? { path, namespace: WHOLE } : undefined,
      );
      esbuild.onLoad({ filter: /.*/, namespace: WHOLE }, ({ path }) => ({
        contents: `export * as whole from ${JSON.stringify(path)};`,
        resolveDir,
      }));
    },
  };
}
