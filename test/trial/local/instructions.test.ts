import { cleanMessage } from '../../../src/chat/clean';
import { parseMessage } from '../../../src/chat/parse';
import { exampleRequest } from '../../../src/chat/words';
import { instructions, oneLineExample } from '../../../trial/local/instructions';

const intentOf = (text: string) =>
  parseMessage(cleanMessage({ text, textFormat: 'plain', html: null, botMentions: ['<at>Live Response</at>'] }));

const text = instructions({ ana: 'http://localhost:56150', bo: 'http://localhost:56151', dir: '.trial' });

test('the line to paste asks for the same as the example of several lines', () => {
  expect(text).toContain(`\n${oneLineExample}\n`);
  expect(intentOf(`<at>Live Response</at> ${oneLineExample}`)).toEqual(intentOf(exampleRequest));
});

test('each other request that is printed is one that the bot takes', () => {
  const requests = text
    .split('\n')
    .flatMap((line) => /^ {2}(on \S+; .*?because (?:\S+ )*?\S+)(?= {2})/.exec(line)?.[1] ?? []);
  expect(requests).toHaveLength(2);
  for (const request of requests) expect(intentOf(request).ok).toBe(true);
});

test('it is said who can reach the windows, and how all of it ends', () => {
  expect(text).toContain('listens on all network interfaces, without a sign-in');
  expect(text).toContain('Ctrl-C ends everything.');
});
