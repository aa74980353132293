import { readFileSync } from 'node:fs';
import { parseRunbooksPlace } from '../config';
import { parseRunbooksCommand, runRunbooksCommand, usage } from '../runbooks/command-line';
import { describeRenderFault } from '../thread/sentences/runbook-words';

/** `npm run runbooks -- lint|test|render`: judges a runbooks file without the service and without a network. */
function main(): number {
  const command = parseRunbooksCommand(process.argv.slice(2), parseRunbooksPlace(process.env));
  if (!command.ok) {
    console.error(`${command.error}\n\n${usage}`);
    return 2;
  }
  try {
    const { code, lines } = runRunbooksCommand(command.value, {
      read: (file) => readFileSync(file, 'utf8'),
      describe: ({ faults }) => faults.map((fault) => `${describeRenderFault(fault)}.`),
    });
    (code === 0 ? console.log : console.error)(lines.join('\n'));
    return code;
  } catch (error) {
    const isUnreadable = error instanceof Error && 'code' in error && 'path' in error;
    if (!isUnreadable) throw error;
    console.error(`${String(error.path)} cannot be read (${String(error.code)}). Name the file that you mean.`);
    return 2;
  }
}

process.exitCode = main();
