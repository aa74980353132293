import type { Result } from '../lib/result';
import { lintPolicy } from '../policy/contradictions';
import type { PolicyFault } from '../policy/parse-policy';
import { findTrialPeople } from '../policy/people';
import { type Groups, type Policy, seatsOf } from '../policy/policy';
import { fail, fine, type Judged, warn } from './finding';

/** The file as it is: every fault, or everything that is suspicious, and whether anybody can use it at all. */
export function judgePolicy(
  file: string,
  parsed: Result<Policy, readonly PolicyFault[]>,
  trial = false,
): readonly Judged[] {
  if (!parsed.ok)
    return parsed.error.map(({ line, message }) =>
      fail(
        `${file}:${line}: ${message}. With a fault in it nobody could approve anything.`,
        'Fix that line; docs/policy.md has every word of the file.',
      ),
    );
  const policy = parsed.value;
  const warnings = lintPolicy(policy).map(({ line, message }) =>
    warn(
      `${file}:${line}: ${message}.`,
      'Fix it, or let it be if you mean it; npm run policy -- explain shows what a rule does.',
    ),
  );
  const empty = [...new Set(policy.requesters)].every((name) => isEmptyList(policy, name));
  const asked = empty
    ? [
        fail(
          `${file}: the groups under requesters have no members, so nobody can ask for anything.`,
          'Put the people who may ask into one of these groups.',
        ),
      ]
    : [];
  const trialPeople = trial ? null : findTrialPeople(file, policy);
  const strangers = trialPeople === null ? [] : [warn(trialPeople.found, trialPeople.cure)];
  const judged = [...asked, ...strangers, ...warnings];
  if (judged.length > 0) return judged;
  const rules = `${policy.rules.length} ${policy.rules.length === 1 ? 'rule' : 'rules'}`;
  return [fine(`The policy (${policy.version}, ${rules}) is valid, and people can ask and approve by it.`)];
}

/** Groups of Entra as they can be read now; a list in the file needs no reading. */
export function judgeGroups(policy: Policy, groups: Groups): readonly Judged[] {
  const fromEntra = [...policy.groups].filter(([, source]) => source.type === 'entra').map(([name]) => name);
  if (fromEntra.length === 0) return [fine('The policy names no group of Entra, so none must be read.')];
  const seated = new Set(
    policy.rules.flatMap(({ outcome }) => (outcome.type === 'approve' ? seatsOf(outcome.bar).map((s) => s.group) : [])),
  );
  return fromEntra.map((name) => {
    const members = groups.get(name) ?? null;
    const consequence = seated.has(name) ? 'nobody in it can approve' : 'nobody counts as its member';
    if (members === null)
      return fail(
        `The Entra group ${name} cannot be read, so ${consequence}.`,
        'Check its id, and grant the identity GroupMember.Read.All and User.Read.All of Microsoft Graph with admin consent.',
      );
    if (members.size === 0)
      return warn(
        `The Entra group ${name} has no enabled member of this tenant, so ${consequence}.`,
        'Add people to it in Entra; guests and disabled accounts do not count.',
      );
    return fine(`The Entra group ${name} can be read: ${members.size} ${members.size === 1 ? 'person' : 'people'}.`);
  });
}

function isEmptyList(policy: Policy, name: string): boolean {
  const source = policy.groups.get(name);
  return source?.type === 'list' && source.ids.length === 0;
}
