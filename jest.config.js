/** One configuration for all tests: TypeScript by esbuild, no type check here (`npm run types` does that). */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  transform: { '\\.[jt]s$': '<rootDir>/test/support/esbuild-transform.cjs' },
  // Packages that ship ES modules only are transformed too; everything else in node_modules is CommonJS already.
  transformIgnorePatterns: ['/node_modules/(?!(@middy)/)'],
  setupFilesAfterEnv: ['<rootDir>/test/support/printed.ts'],
  // For what hangs: whoever waits says sooner, and in words, what did not come.
  testTimeout: 1_200_000,
  // Much of the time is waiting, for minutes that a real host takes; each host is a dozen processes.
  maxWorkers: 2,
};
