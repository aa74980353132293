import { backlogs, measure } from '../test/simulation/backlogs';
import type { Row, Section } from './report';

/** Decides the lengths of runs and which devices are away; the bound is of the same backlog. */
const seed = 1;

/** How long a backlog takes against the least that its limits and devices allow, in the simulation of dispatch. */
export function measureMakespan(): Section {
  return {
    title: 'Makespan of a backlog',
    how: `The deciding half of dispatch in a model of Defender, in virtual time (test/simulation, seed ${seed}; \`npm run simulate\` shows more). The bound is computed from the limits, the devices and the lengths of the runs, and from how often we may look where an end frees what is waited for.`,
    rows: backlogs(seed).map((backlog): Row => {
      const { makespanMs, boundMs } = measure(backlog);
      return {
        what: backlog.name,
        unit: 's',
        ours: [makespanMs / 1_000],
        against: { what: 'the bound', values: [boundMs / 1_000] },
        target: { type: 'atMost', value: 1.02, of: 'ratio' },
        exact: true,
      };
    }),
  };
}
