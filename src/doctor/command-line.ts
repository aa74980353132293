import { err, ok, type Result } from '../lib/result';

export interface DoctorCommand {
  readonly type: 'look' | 'help';
  readonly json: boolean;
  /** The conversation that gets one sample of each card; null: none. */
  readonly post: string | null;
}

export const usage = `Usage: npm run doctor -- [--json] [--post <conversation id>]

Looks at the settings, the policy, the store, Entra, Defender and Teams as the service would use them, and changes nothing
in any of them. Each thing found comes with what to do next.

  --json                     the same as one JSON document
  --post <conversation id>   also posts one sample of each card to a conversation in which the bot has been written to;
                             the samples say so and have no buttons

Exit code 0: nothing fails (there may be warnings). 1: something fails. 2: the doctor could not run.`;

/** Reads the words behind the command; a fault says what is wrong and is followed by the usage. */
export function parseDoctorCommand(words: readonly string[]): Result<DoctorCommand, string> {
  let json = false;
  let post: string | null = null;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === '--help' || word === '-h') return ok({ type: 'help', json: false, post: null });
    if (word === '--json') json = true;
    else if (word === '--post') {
      const id = words[++i];
      if (id === undefined || id.startsWith('-'))
        return err('--post needs the id of a conversation behind it, as AUDIT_ANCHOR_CONVERSATION does.');
      post = id;
    } else return err(`${JSON.stringify(word)} is not known here.`);
  }
  return ok({ type: 'look', json, post });
}
