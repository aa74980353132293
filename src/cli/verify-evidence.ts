import { parseVerifyCommand, verifyUsage } from '../bundle/command-line';
import { exitCodes } from '../bundle/describe';
import { verifyFile } from '../bundle/verify-file';

const usage = `node verify-evidence.js <file> [--key <public key>] [--anchor <hash>:<number>]...

Says whether an evidence bundle is exactly what was made. Needs Node.js and nothing else.

${verifyUsage}`;

/** What an auditor runs with Node alone: `npm run verifier` makes one file of it. */
async function main(): Promise<number> {
  const command = parseVerifyCommand(process.argv.slice(2));
  if (!command.ok) {
    console.error(`${command.error}\n\n${usage}`);
    return exitCodes.unreadable;
  }
  if (command.value.type !== 'verify') {
    console.log(usage);
    return exitCodes.proved;
  }
  const { code, lines } = await verifyFile(command.value);
  (code === exitCodes.proved ? console.log : console.error)(lines.join('\n'));
  return code;
}

void main().then((code) => {
  process.exitCode = code;
});
