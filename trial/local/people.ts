/** A person of the trial, as the Playground and the policy know them. */
export interface TrialPerson {
  readonly id: string;
  readonly name: string;
  /** Entra object id; those of Ana, Bo and Cy are in `env/policy.yaml`. */
  readonly aadObjectId: string;
}

const person = (name: string, tail: string): TrialPerson => ({
  id: `29:trial-${tail}`,
  name,
  aadObjectId: `00000000-0000-0000-0000-0000000000${tail}`,
});

export const ana = person('Ana Analyst', 'a1');
export const bo = person('Bo Approver', 'b1');
/** Exactly six: the Playground wants the one at the window and five others (teams.md C2). */
export const trialPeople: readonly TrialPerson[] = [
  ana,
  bo,
  person('Cy Approver', 'c1'),
  person('Di Lead', 'd1'),
  person('Ed Auditor', 'e1'),
  person('Fi Forensics', 'f1'),
];

export const trialTenantId = '7e570000-0000-4000-8000-000000000001';
export const trialBot = { id: '28:7e570000-0000-4000-8000-000000000002', name: 'Live Response' };
export const trialChannel = 'live-response';
