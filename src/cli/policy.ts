import { cleanMessage } from '../chat/clean';
import { describeFaults } from '../chat/faults';
import { parseMessage } from '../chat/parse';
import { parsePolicyPlace } from '../config';
import { err, ok } from '../lib/result';
import type { ReadMessage } from '../policy/cases';
import { parsePolicyCommand, runPolicyCommand, usage } from '../policy/command-line';
import { runTool } from './run-tool';

/** The same reading as in the chat, so that a case says what a person would type. */
const readMessage: ReadMessage = (text) => {
  const intent = parseMessage(cleanMessage({ text, textFormat: 'plain', html: null, botMentions: [] }));
  if (!intent.ok) return err(describeFaults(intent.error));
  return intent.value.type === 'draft' ? ok(intent.value.draft) : err('It is not a request; it must start with on.');
};

/** `npm run policy -- lint|test|explain`: judges a policy file without the service and without a network. */
process.exitCode = runTool(
  parsePolicyCommand(process.argv.slice(2), parsePolicyPlace(process.env)),
  usage,
  (command, read) => runPolicyCommand(command, { read, readMessage }),
);
