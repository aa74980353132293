import { describeFaults } from '../../src/chat/faults';
import { parseMessage } from '../../src/chat/parse';

function answer(text: string): string {
  const read = parseMessage({ text, notices: [] });
  if (read.ok) throw new Error(`${text} was read`);
  return describeFaults(read.error);
}
const sessionOnly = 'Run a library script that does the same instead: run <script>; the word library lists them.';

test.each(
  'analyze cd connections dir drivers fileinfo findfile persistence processes registry scheduledtasks services startupfolders trace'.split(
    ' ',
  ),
)('%s names the way that goes here, alone and in a request', (command) => {
  for (const text of [command, `${command.toUpperCase()} C:\\x`, `on ws-042\n${command} C:\\x\nbecause INC-1`])
    expect(answer(text)).toMatch(new RegExp(`^"${command}" works only in Defender's own console. ${sessionOnly}`, 'i'));
});

test.each('collect isolate release remediate scan undo'.split(' '))('%s is sent to the device page', (command) => {
  expect(answer(`on ws-042 ${command} because INC-1`)).toBe(
    `"${command}" works only in Defender's own console. Use the device's page in the Defender portal.`,
  );
});

test.each([
  ['getfile -auto C:\\x.log', "-auto works only in Defender's own console. Leave it out: getfile C:\\x.log"],
  ['getfile C:\\x.log -auto', "-auto works only in Defender's own console. Leave it out: getfile C:\\x.log"],
  ['putfile a.zip -overwrite', "-overwrite works only in Defender's own console. Leave it out: putfile a.zip"],
])('%s: the option is named, and the line without it', (line, expected) => {
  expect(answer(`on ws-042\n${line}\nbecause INC-1`)).toBe(expected);
});
