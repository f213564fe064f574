// Turns one TypeScript (or ES module) file into CommonJS for jest. esbuild is the bundler of the functions as well,
// so tests and deployed code agree on what TypeScript means.
const { createHash } = require('node:crypto');
const { transformSync, version } = require('esbuild');

const options = {
  format: 'cjs',
  target: 'node24',
  sourcemap: 'inline',
  // jest has no CommonJS `import()`; esbuild makes it a promise of `require`.
  supported: { 'dynamic-import': false },
  define: {
    'import.meta.url': '__hookgateModuleUrl',
    'import.meta.dirname': '__dirname',
    'import.meta.filename': '__filename',
  },
};
const banner = "const __hookgateModuleUrl = require('node:url').pathToFileURL(__filename).href;";

module.exports = {
  process(source, path) {
    const loader = path.endsWith('.ts') ? 'ts' : 'js';
    const needsUrl = source.includes('import.meta.url');
    const { code } = transformSync(source, { ...options, ...(needsUrl && { banner }), loader, sourcefile: path });
    return { code };
  },
  getCacheKey(source, path) {
    return createHash('sha256')
      .update(version)
      .update(JSON.stringify(options))
      .update(path)
      .update(source)
      .digest('hex');
  },
};
