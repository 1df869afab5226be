// Bundles the extension into one file; `vscode` is the editor's own module. Types are checked by `tsc`, not here.
import { build, context } from 'esbuild';

const options = {
    entryPoints: ['src/extension.ts'],
    outfile: 'out/extension.js',
    bundle: true,
    minify: true,
    sourcemap: 'linked',
    sourcesContent: false,
    platform: 'node',
    target: 'node20', // VS Code 1.91 runs extensions on Node 20
    format: 'cjs',
    external: ['vscode'],
};

if (process.argv.includes('--watch')) {
    await (await context(options)).watch();
} else {
    await build(options);
}
