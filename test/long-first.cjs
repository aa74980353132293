const Sequencer = require('@jest/test-sequencer').default;

/** By processor time, longest first; the others follow as jest knows them. */
const long = [
  'dispatch/action-watch',
  'stories/submitting',
  'dispatch/backlog',
  'stories/doubt',
  'teams/outbox/outbox',
  'stories/bypass',
  'stories/deciding',
  'stories/war-room',
  'stories/fuzz',
  'teams/replicas',
  'request/transition-histories',
  'stories/following',
  'stories/forms',
  'stories/files',
];

/** A long file that begins last would keep one core idle: the long ones go first. */
class LongFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const found = long.findIndex((name) => path.endsWith(`/test/${name}.test.ts`));
      return found < 0 ? long.length : found;
    };
    return super.sort(tests).sort((a, b) => rank(a) - rank(b));
  }
}

module.exports = LongFirst;
