import fc from 'fast-check';

/** The same draws in every run: what nobody changed doesn't fail. `SEED=<number> npm test` draws others. */
fc.configureGlobal({ seed: Number(process.env['SEED'] ?? 1) });

export default fc;
