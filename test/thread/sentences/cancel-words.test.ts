import type { LiveResponseRequest } from '../../../src/request/request';
import { describeDone } from '../../../src/thread/sentences/answers';

const told = (state: LiveResponseRequest['state']): string =>
  describeDone({ id: 'LR-7F3K', state } as LiveResponseRequest, 'cancel');

test.each<[LiveResponseRequest['state'], string]>([
  ['withdrawn', 'LR-7F3K is withdrawn. Nothing ran'],
  ['cancelled', 'Defender had not accepted it, and nothing ran'],
  ['pending', 'is passed on; what Defender says decides'],
  ['running', 'is passed on; what Defender says decides'],
  ['submitting', 'is kept. Nobody can tell yet whether Defender has it'],
  ['unknown', 'is kept. Nobody can tell yet whether Defender has it'],
  ['unconfirmed', 'Whether it ran is not known: I go on looking for three days'],
  ['batchRunning', 'no further device gets it'],
])('who cancels what is %s reads what became of that wish', (state, words) => expect(told(state)).toContain(words));
