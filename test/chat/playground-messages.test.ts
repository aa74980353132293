import { cleanMessage } from '../../src/chat/clean';
import { describeFaults } from '../../src/chat/faults';
import { parseMessage } from '../../src/chat/parse';
import { exampleRequest } from '../../src/chat/words';

/** As captured from the Agents Playground 0.2.28: plain text, no HTML attachment, the mention in front with or without a blank after it. */
const captured = (text: string) =>
  parseMessage(cleanMessage({ text, textFormat: 'plain', html: null, botMentions: ['<at>Live Response</at>'] }));

const oneLine = exampleRequest.split('\n').join('; ');
const example = parseMessage({ text: exampleRequest, notices: [] });

test.each([
  ['typed after a mention', `<at>Live Response</at> ${oneLine}`],
  ['pasted after a mention', `<at>Live Response</at>${oneLine}`],
  ['in a personal chat', oneLine],
])('the example on one line is read %s', (_how, text) => {
  expect(captured(text)).toEqual(example);
});

test('several lines, which the Playground joins without a blank, are refused and never guessed apart', () => {
  const joined = captured(`<at>Live Response</at> ${exampleRequest.split('\n').join('')}`);
  expect(joined.ok).toBe(false);
  if (!joined.ok)
    expect(describeFaults(joined.error)).toContain('Each line or part after ; starts with putfile, run or getfile.');
});
