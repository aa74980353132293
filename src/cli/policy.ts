import { readFileSync } from 'node:fs';
import { cleanMessage } from '../chat/clean';
import { describeFaults } from '../chat/faults';
import { parseMessage } from '../chat/parse';
import { parsePolicyPlace } from '../config';
import { err, ok } from '../lib/result';
import type { ReadMessage } from '../policy/cases';
import { parsePolicyCommand, runPolicyCommand, usage } from '../policy/command-line';

/** `npm run policy -- lint|test|explain`: judges a policy file without the service and without a network. */
function main(): number {
  const command = parsePolicyCommand(process.argv.slice(2), parsePolicyPlace(process.env));
  if (!command.ok) {
    console.error(`${command.error}\n\n${usage}`);
    return 2;
  }
  try {
    const { code, lines } = runPolicyCommand(command.value, {
      read: (file) => readFileSync(file, 'utf8'),
      readMessage,
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

/** The same reading as in the chat, so that a case says what a person would type. */
const readMessage: ReadMessage = (text) => {
  const intent = parseMessage(cleanMessage({ text, textFormat: 'plain', html: null, botMentions: [] }));
  if (!intent.ok) return err(describeFaults(intent.error));
  return intent.value.type === 'draft' ? ok(intent.value.draft) : err('It is not a request; it must start with on.');
};

process.exitCode = main();
