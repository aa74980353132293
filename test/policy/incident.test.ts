import { incidentIn } from '../../src/policy/incident';

test.each<[string, string | null, string | null]>([
  ['INC-1042 credential theft triage', 'INC-\\d+', 'INC-1042'],
  ['as in (INC-7), see INC-8', 'INC-\\d+', 'INC-7'],
  ['no ticket', 'INC-\\d+', null],
  ['INC-1042', null, null],
  ['a reason', '.*', null],
  [`INC-${'9'.repeat(80)}`, 'INC-\\d+', null],
  ['ÜNC-1', '\\pL+-\\d', null],
])('of %j the pattern %j finds %j', (reason, incident, found) => {
  expect(incidentIn({ incident }, reason)).toBe(found);
});
