import { classifyRefusal, defenderSentences, readEnvelope } from '../defender/errors';
import { visible } from '../lib/visible';
import { fail, fine, type Judged, warn } from './finding';
import type { Probe } from './probe';

/** One cheap read of Defender, and what depends on it. */
export interface Read {
  readonly check: 'machines' | 'actions' | 'library';
  readonly path: string;
  readonly role: string;
  readonly what: string;
}

export const reads: readonly Read[] = [
  { check: 'machines', path: '/api/machines?$top=1', role: 'Machine.ReadWrite.All', what: 'devices' },
  { check: 'actions', path: '/api/machineactions?$top=1', role: 'Machine.ReadWrite.All', what: 'actions' },
  { check: 'library', path: '/api/libraryfiles', role: 'Library.Manage', what: 'the library' },
];

export function judgeRead(read: Read, outcome: Probe): Judged {
  const what = `Defender lists ${read.what}`;
  if (outcome.type === 'failed')
    return fail(
      `Defender could not be asked for ${read.what} (${outcome.code}).`,
      'See what the check of its host says above; if that is ok, try again in a minute.',
    );
  const { status, body } = outcome;
  if (status === 200) return judgeList(read, what, body);
  // The list of devices answers 404 when there are none (get-machines page).
  if (status === 404 && read.check === 'machines') return noDevices;
  const envelope = readEnvelope(body);
  const seen = [status, ...(envelope.code === null ? [] : [visible(envelope.code)])].join(' ');
  const code = classifyRefusal(status, envelope.code);
  const told = envelope.target === null ? '' : ` For Microsoft support: ${visible(envelope.target)}.`;
  switch (code) {
    case 'defender.unauthorized':
      return fail(
        `Defender does not accept the token for ${read.what} (${seen}): it is for another audience or another cloud, or the clock is off.`,
        `Compare DEFENDER_API_URL with the cloud of the tenant, and look at the checks of token and clock.${told}`,
      );
    case 'defender.forbidden':
      return fail(
        `Defender does not let this app read ${read.what} (${seen}).`,
        `Add the application permission ${read.role} of WindowsDefenderATP to the app and grant admin consent; it is in the next token, after up to an hour.${told}`,
      );
    case 'defender.throttled':
      return warn(
        `Defender asks to slow down (${seen}): the quota of this app is used up by somebody, and the doctor asked once only.`,
        'Try again in a few minutes. If it stays, see which other programs use the same app registration; the bot needs one of its own.',
      );
    default: {
      const [found = '', ...rest] = defenderSentences[code].split(/(?<=\.)\s+/);
      return fail(
        `${read.what[0]?.toUpperCase()}${read.what.slice(1)}: ${found} (${seen})`,
        `${rest.join(' ')}${told}`.trim(),
      );
    }
  }
}

function judgeList(read: Read, what: string, body: string): Judged {
  const items = itemsOf(body);
  if (items === null)
    return fail(
      `What answers for ${read.what} is not Defender: its answer is no list.`,
      'Check DEFENDER_API_URL, and whether a proxy answers in its place.',
    );
  if (items > 0) return fine(`${what}.`);
  if (read.check === 'machines') return noDevices;
  if (read.check === 'library')
    return warn(
      'The live response library is empty, so no script can be run and no file put.',
      'Upload the scripts that people need in the portal: Live response, Upload file to library.',
    );
  return fine(`${what}; there is none yet.`);
}

const noDevices: Judged = warn(
  'Defender shows no device, so there is nothing to run anything on.',
  'Onboard a device, or check that DEFENDER_TENANT_ID is the tenant whose devices are meant.',
);

/** A body that was cut is a list all the same. */
function itemsOf(body: string): number | null {
  if (!/^\s*\{/.test(body) || !/"value"\s*:\s*\[/.test(body)) return null;
  return /"value"\s*:\s*\[\s*\]/.test(body) ? 0 : 1;
}
