import { join } from 'node:path';
import { readConfig } from '../config';
import { examine } from '../doctor/checks';
import { parseDoctorCommand, usage } from '../doctor/command-line';
import { exitCodeOf } from '../doctor/finding';
import { postSamples } from '../doctor/post-samples';
import { describeFindings, findingsToJson } from '../doctor/report';
import { systemClock } from '../lib/clock';
import { findMisspelt } from '../misspelt';

/** The doctor itself could not run. */
const failed = 2;

/** `npm run doctor`: looks at a real setup as the service would use it, and changes nothing in it. */
async function main(): Promise<number> {
  const command = parseDoctorCommand(process.argv.slice(2));
  if (!command.ok) {
    console.error(`${command.error}\n\n${usage}`);
    return failed;
  }
  const { type, json, post } = command.value;
  if (type === 'help') {
    console.log(usage);
    return 0;
  }
  const { config, faults } = readConfig(process.env);
  const examined = await examine({
    config,
    faults,
    misspelt: findMisspelt(process.env),
    clock: systemClock,
    root: join(__dirname, '..', '..'),
  });
  const posted = post === null ? [] : await postSamples(config, post, systemClock);
  const findings = [...examined, ...posted];
  console.log(json ? findingsToJson(findings) : describeFindings(findings));
  return exitCodeOf(findings);
}

main().then(
  // Libraries keep connections and timers; there is nothing left to wait for.
  (code) => process.stdout.write('', () => process.exit(code)),
  (error: unknown) => {
    console.error(
      `The doctor could not run (${error instanceof Error ? error.name : typeof error}). Report this as a fault of it.`,
    );
    process.exit(failed);
  },
);
