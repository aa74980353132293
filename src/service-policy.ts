import { createHash } from 'node:crypto';
import { readGroups } from './directory/read-groups';
import { findApprovers, postToPeople } from './flow/decide/approvers';
import type { Health } from './health';
import { hours, seconds } from './lib/clock';
import type { DueWork } from './lib/loop';
import { createInForce } from './policy-in-force';
import type { ServiceBase, ServiceOptions } from './service-base';
import { connectDirectory } from './service-defender';
import { openPolicy } from './start-checks';
import { isPolicySuperseded } from './store/rows/policy-in-force';
import type { Store } from './store/store';
import { sentencePost } from './thread/kit/sentence';

/** The policy that this replica decides by, who is in its groups, and whether it may decide at all. */
export interface ServicePolicy extends Pick<ServiceBase, 'policy' | 'groups' | 'approvers'> {
  /** What keeps this replica from deciding and sending now, one sentence each. */
  ready(): Promise<readonly string[]>;
  /** The file as it is now is no policy, so that the one before it is in force. */
  isRefused(): boolean;
  /** From here on the replica serves, and its policy comes in force. */
  serve(): Promise<void>;
  /** Follows the file, and puts its policy in force. */
  readonly following: readonly DueWork[];
}

/** How often the policy's file is read. */
const policyEveryMs = seconds(5);

export async function openServicePolicy(
  options: ServiceOptions,
  parts: { readonly bare: Store; readonly health: Health; readonly tell: (text: string) => Promise<void> },
): Promise<ServicePolicy> {
  const { clock } = options;
  const { health } = parts;
  const keeper = await openPolicy(options, () => inForce.startDue(), parts.tell);
  const policy = () => keeper.current();
  const directory = connectDirectory(options);
  const groups = () => readGroups(policy().groups, directory);
  const inForce = createInForce({
    store: parts.bare,
    version: () => policy().version,
    text: () => keeper.text(),
    problems: () => health.problems(),
    clock,
  });
  return {
    policy,
    groups,
    approvers: async () => findApprovers(policy(), await groups()),
    async ready() {
      const problems = await health.problems();
      if (problems.length > 0 || !inForce.isInForce() || !(await isPolicySuperseded(health.store, policy())))
        return problems;
      return [
        'Another replica has put another approval policy in force, so this one decides and sends nothing. Give all replicas the same policy file.',
      ];
    },
    isRefused: () => keeper.isRefused(),
    serve: () => inForce.serve(),
    following: [
      inForce,
      { startDue: async () => keeper.refresh().then(() => 0), nextDueAt: async () => clock.now() + policyEveryMs },
    ],
  };
}

/** Whoever may approve hears that the policy's file is not what is in force, or that another one is. */
export async function tellApprovers({ store, config, clock, approvers }: ServiceBase, text: string): Promise<void> {
  const people = await approvers();
  const post = sentencePost(text, { trial: config.trial, summary: 'The approval policy' });
  const told = createHash('sha256').update(text).digest('hex');
  await store.transact(async (tx) => {
    // Every replica reads the same file; people hear of it once.
    if (!(await tx.claimActivity(`policy:${told}:${Math.floor(clock.now() / hours(1))}`, clock.now()))) return;
    await postToPeople(tx, people, post, clock.now());
  });
}
