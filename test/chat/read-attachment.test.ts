import fc from 'fast-check';
import { findTargets } from '../../src/chat/find-targets';
import { readAttachment } from '../../src/chat/read-attachment';

const card = {
  type: 'AdaptiveCard',
  body: [
    { type: 'TextBlock', text: 'Suspicious LSASS access', id: 'ws-999' },
    {
      type: 'FactSet',
      facts: [
        { title: 'Device', value: 'ws-042' },
        { title: 'File', value: 'C:\\Temp\\x.dmp' },
      ],
    },
    {
      type: 'Table',
      rows: [{ cells: [{ items: [{ type: 'RichTextBlock', inlines: ['on', { text: 'srv-db-01' }] }] }] }],
    },
  ],
  actions: [{ type: 'Action.OpenUrl', title: 'Open', url: 'https://ws-777.contoso.com' }],
};

test('what a card shows is read in its order, apart, and what it hides is not', () => {
  for (const content of [card, JSON.stringify(card)])
    expect(findTargets(readAttachment(content).join('\n'))).toEqual({
      devices: ['ws-042', 'srv-db-01'],
      paths: ['C:\\Temp\\x.dmp'],
    });
});

test('whatever an attachment holds, nothing is thrown', () => {
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.json(), fc.string()), (content) => {
      for (const word of readAttachment(content)) expect(typeof word).toBe('string');
    }),
  );
});

test('a card that nests without end is read to a depth', () => {
  let deep: object = { text: 'ws-042' };
  for (let i = 0; i < 5_000; i++) deep = { items: [deep] };
  expect(readAttachment(deep)).toEqual([]);
});
