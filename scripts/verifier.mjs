import { buildSync } from 'esbuild';

// One file that needs Node and nothing beside it: what an auditor runs. `npm run verifier` builds first.
const target = process.argv[2] ?? 'dist/verify-evidence.js';
buildSync({
  entryPoints: ['dist/cli/verify-evidence.js'],
  outfile: target,
  bundle: true,
  platform: 'node',
  target: 'node20',
  legalComments: 'inline',
  logLevel: 'warning',
});
process.stdout.write(`${target}\n`);
