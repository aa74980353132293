import { exampleRequest } from '../../src/chat/words';
import { trialBot, trialChannel } from './people';

/** The example as one line: the Playground's box drops line ends (measured: "on ws-042putfile procdump.zip…"); Teams keeps them. */
export const oneLineExample = exampleRequest.split('\n').join('; ');

/** What a person who has just started the trial reads. */
export const instructions = (urls: { readonly ana: string; readonly bo: string; readonly dir: string }): string => `
Live Response for Teams is running as a trial: no Microsoft tenant, no sign-in, no real device.

  Ana, the analyst     ${urls.ana}
  Bo, the approver     ${urls.bo}

1. Open both addresses, each in its own browser window. The bot greets Bo; now it knows where to reach him.
2. In Ana's window click "${trialChannel}" on the left. Click into the box at the top, type @ and pick ${trialBot.name},
   paste this line after it, and press Post (one line: the Playground drops line ends, Teams does not):

${oneLineExample}

3. In Bo's window, in his personal chat, a card shows exactly what would run. Press Approve (or Deny, with a reason).
4. In Ana's window the card below her message is edited as it goes, and one post tells how it ended, with every result
   and the hash of the collected file. That takes about half a minute. (The Playground shows each edit of that post as
   a new one; Teams edits it in place.)

In their personal chats no @ is needed. Try also:
  help                                        everything the bot understands
  new                                         the same request as a form
  device kiosk                                two devices answer to that name: the bot asks, it never guesses
  on lap-117; run collect-logs.ps1; because the device is off      waits for the device, and says until when
  on ws-042; run fail-second.ps1; getfile C:\\x.log; because a test      a command fails, and the next never runs

The two windows are separate: each shows only what its own person writes and what the bot sends there. Reloading a page
empties its chats; Bo's open cards come back by themselves.
Mind: the Playground listens on all network interfaces, without a sign-in. Whoever reaches these two ports of this
machine can read and write in the trial, so run it on a network that you trust. The bot itself is on this machine only.
Database, collected files and log: ${urls.dir} (emptied at each start).

Ctrl-C ends everything.
`;
