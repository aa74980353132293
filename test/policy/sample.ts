import { cleanMessage } from '../../src/chat/clean';
import { describeFaults } from '../../src/chat/faults';
import { parseMessage } from '../../src/chat/parse';
import { err, ok } from '../../src/lib/result';
import { factsOf, type ReadMessage } from '../../src/policy/cases';
import type { Facts } from '../../src/policy/match';
import { parsePolicy } from '../../src/policy/parse-policy';
import { type Groups, groupsOf, type Policy } from '../../src/policy/policy';
import type { Command } from '../../src/request/ask/command';
import type { Device, Person } from '../../src/request/request';

const idOf = (letter: string): string => `00000000-0000-0000-0000-0000000000${letter}1`;

/** Ana asks; Bo, Cy and Di approve; Eve has no part; `ana2` is Ana's second account. */
export const ids = {
  ana: idOf('a'),
  ana2: '00000000-0000-0000-0000-0000000000a2',
  bo: idOf('b'),
  cy: idOf('c'),
  di: idOf('d'),
  eve: idOf('e'),
} as const;
export const entraGroup = '99999999-0000-0000-0000-000000000001';

export const person = (id: string, name = id): Person => ({ id, tenantId: 'tenant-1', name });

export const head = `people:
  - { name: Ana, accounts: [${ids.ana}, ${ids.ana2}], uploads: [ana@contoso.com] }
  - { name: Di, accounts: [${ids.di}], uploads: [Di Prover] }
groups:
  soc: [${ids.ana}, { id: ${ids.bo}, name: Bo }]
  approvers: [${ids.ana2}, { id: ${ids.bo}, name: Bo }, { id: ${ids.cy}, name: Cy }, ${ids.di}]
  leads: { entra: ${entraGroup} }
requesters: [soc]
tier0: { tags: [tier0], groups: [Tier 0], values: [High] }
`;

/** A policy whose rules are `rules`, under the head above. */
export function policyOf(rules: string, start = head): Policy {
  const parsed = parsePolicy(`${start}rules:\n${rules}`);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
}

/** `leads` are the members of the Entra group; null: it could not be read. */
export const groupsWith = (policy: Policy, leads: readonly string[] | null): Groups =>
  groupsOf(policy, new Map([[entraGroup, leads === null ? null : new Set(leads)]]));

export const runScript = (scriptName: string, args: string | null = null): Command => ({
  type: 'RunScript',
  scriptName,
  args,
});
export const getFile: Command = { type: 'GetFile', path: 'C:\\Temp\\a.log' };

export interface Asked {
  readonly by?: string;
  readonly device?: Partial<Device>;
  readonly commands?: readonly Command[];
  readonly reason?: string;
  readonly changed?: Readonly<Record<string, string | null>>;
}

export const factsFor = (policy: Policy, asked: Asked = {}): Facts =>
  factsOf(policy, {
    requesterId: asked.by ?? ids.ana,
    device: { name: 'ws-042.contoso.com', groupName: 'Workstations', osPlatform: 'Windows11', ...asked.device },
    commands: asked.commands ?? [runScript('collect-logs.ps1')],
    reason: asked.reason ?? 'INC-1042 triage',
    changed: new Map(Object.entries(asked.changed ?? {})),
  });

export const readMessage: ReadMessage = (text) => {
  const intent = parseMessage(cleanMessage({ text, textFormat: 'plain', html: null, botMentions: [] }));
  if (!intent.ok) return err(describeFaults(intent.error));
  return intent.value.type === 'draft' ? ok(intent.value.draft) : err('no draft');
};
