import { parseRunbooksPlace } from '../config';
import { parseRunbooksCommand, runRunbooksCommand, usage } from '../runbooks/command-line';
import { describeRenderFault } from '../thread/sentences/runbook-words';
import { runTool } from './run-tool';

/** `npm run runbooks -- lint|test|render`: judges a runbooks file without the service and without a network. */
process.exitCode = runTool(
  parseRunbooksCommand(process.argv.slice(2), parseRunbooksPlace(process.env)),
  usage,
  (command, read) =>
    runRunbooksCommand(command, {
      read,
      describe: ({ faults }) => faults.map((fault) => `${describeRenderFault(fault)}.`),
    }),
);
