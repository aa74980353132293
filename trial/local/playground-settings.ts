import { stringify } from 'yaml';
import { type TrialPerson, trialBot, trialChannel, trialPeople, trialTenantId } from './people';

/** The only name under which the Playground looks, in its working directory. */
export const settingsFile = '.m365agentsplayground.yml';

/**
 * What the Playground shows one person: their own chat with the bot, one group chat, one team with a channel (teams.md C2). Ids of places
 * carry the window's name: two Playgrounds share no conversation, so one id in both would make the bot write into the wrong window.
 */
export function playgroundSettings(window: string, current: TrialPerson): string {
  return stringify({
    version: '0.1.1',
    tenantId: trialTenantId,
    bot: trialBot,
    currentUser: userOf(current),
    users: trialPeople.filter((p) => p !== current).map(userOf),
    personalChat: { id: `a:trial-${window}` },
    groupChat: { id: `19:trial-war-room-${window}@thread.v2`, name: 'IR war room' },
    team: {
      id: `19:trial-team-${window}@thread.tacv2`,
      name: 'SOC',
      aadGroupId: '7e570000-0000-4000-8000-000000000003',
      channels: [{ id: `19:trial-channel-${window}@thread.tacv2`, name: trialChannel }],
    },
  });
}

/** The Playground spells it `userPrincipleName`. */
function userOf({ id, name, aadObjectId }: TrialPerson): Record<string, string> {
  const [givenName = name, surname = ''] = name.split(' ');
  const email = `${givenName.toLowerCase()}@contoso.example`;
  return { id, name, userPrincipleName: email, aadObjectId, givenName, surname, email };
}
