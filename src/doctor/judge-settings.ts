import type { Config, SettingFault } from '../config';
import { cloudNameOf, findCloudFaults } from '../defender/cloud';
import { fine, type Judged, warn } from './finding';

/** Every fault of the settings at once, by name and rule, never with the value. */
export function judgeSettings(
  faults: readonly SettingFault[],
  misspelt: readonly SettingFault[],
  trial: boolean,
): readonly Judged[] {
  const unknown = misspelt.map(({ name, message }): Judged => ({ ...toFail({ name, message }), verdict: 'warn' }));
  if (faults.length + unknown.length > 0) return [...faults.map(toFail), ...unknown];
  if (trial)
    return [
      warn(
        'LOCAL_TRIAL=1: this is the trial, with a simulated Defender and without any sign-in.',
        'Unset it for the real thing, and set what docs/settings.md lists.',
      ),
    ];
  return [fine('Every setting can be read, and none contradicts another.')];
}

/** What each of Defender's documented limits allows (run-live-response page of 2025-12-31; defender-api.md §0, §5). */
const documented = [
  { name: 'DEFENDER_RUNS_PER_MINUTE', key: 'runsPerMinute', most: 10, what: 'submissions a minute' },
  { name: 'DEFENDER_SESSIONS', key: 'sessions', most: 50, what: 'sessions at a time' },
  { name: 'DEFENDER_QUEUE_HOURS', key: 'queueHours', most: 2, what: 'hours that an action waits for its device' },
] as const;

/** More than the documents allow is answered with refusals, or with a card that waits for what Defender has given up. */
export function judgeLimits(
  limits: Pick<Config['defender'], 'runsPerMinute' | 'sessions' | 'queueHours'>,
): readonly Judged[] {
  const over = documented.filter(({ key, most }) => limits[key] > most);
  if (over.length === 0)
    return [
      fine(
        `${limits.runsPerMinute} submissions a minute, ${limits.sessions} sessions, ${limits.queueHours} h in Defender's queue: within what is documented.`,
      ),
    ];
  return over.map(({ name, key, most, what }) =>
    warn(
      `${name} is ${limits[key]}, but Defender documents ${most} ${what}, so what exceeds it is refused or given up there.`,
      `Set ${name} to ${most} or less, or unset it, unless Microsoft has told you another limit for your tenant.`,
    ),
  );
}

/** Whether Defender, Graph and Teams are addressed in one and the same cloud (defender-api.md §1.8). */
export function judgeCloud({
  defender,
  graphUrl,
  teamsCloud,
}: Pick<Config, 'graphUrl' | 'teamsCloud'> & {
  readonly defender: Pick<Config['defender'], 'url'>;
}): readonly Judged[] {
  const faults = findCloudFaults({ defenderUrl: defender.url, graphUrl, teamsCloud });
  if (faults.length > 0) return faults.map(toFail);
  const host = new URL(defender.url).hostname;
  if (/\.securitycenter\.(microsoft|windows)\.com$/.test(host))
    return [
      warn(
        'DEFENDER_API_URL is one of the older names of the commercial API. It still answers, but is no longer in the documents.',
        'Unset it, or set the regional host of the same region, such as https://eu.api.security.microsoft.com.',
      ),
    ];
  return [fine(`Defender, Graph and Teams are all of the ${cloudNameOf(defender.url)} cloud (${host}).`)];
}

const toFail = ({ name, message }: SettingFault): Judged => ({ verdict: 'fail', ...splitCure(`${name}: ${message}`) });

/** A setting's message says what and why, and ends with what to do: its last sentence, or the last two when it ends with an alternative. */
function splitCure(text: string): { readonly found: string; readonly cure: string } {
  const sentences = text.split(/(?<=\.)\s+(?=[A-Z])/);
  const cure = sentences.length > 1 ? sentences.slice(1).join(' ') : 'Set it as docs/settings.md says.';
  return { found: sentences[0] ?? text, cure };
}
