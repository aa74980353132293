import { createConnector } from '../../trial/teams/connector';
import type { Connector, ConnectorCall, ConnectorFault, ConnectorOptions } from '../../trial/teams/connector-port';

export {
  type BotAnswer,
  createTeamsClient,
  type InboundActivity,
  type TeamsClient,
  type Where,
} from '../../trial/teams/connector-people';
export type {
  Connector,
  ConnectorCall,
  ConnectorFault,
  TeamsMessage,
  TeamsPerson,
  WireActivity,
} from '../../trial/teams/connector-port';
export { findActions, readActivity, readCard, readMessage, readThread } from '../../trial/teams/connector-reading';

export interface FaultPlan {
  readonly fault: ConnectorFault;
  /** How many matching calls it meets; for ever unless given. */
  readonly times?: number;
  readonly matches?: (call: ConnectorCall) => boolean;
}

/** The emulated Connector with faults on order. */
export type FakeConnector = Connector & {
  /** The next matching calls meet the fault; plans are asked in the order in which they were made. */
  fail(plan: FaultPlan): void;
  heal(): void;
};

export async function startFakeConnector(options: Omit<ConnectorOptions, 'fault'> = {}): Promise<FakeConnector> {
  let plans: { readonly plan: FaultPlan; left: number }[] = [];
  const connector = createConnector({
    tenantId,
    ...options,
    fault: (call) => {
      const met = plans.find(({ plan, left }) => left > 0 && (plan.matches?.(call) ?? true));
      if (met === undefined) return null;
      met.left -= 1;
      return met.plan.fault;
    },
  });
  await connector.start();
  return Object.assign(connector, {
    fail: (plan: FaultPlan) => void plans.push({ plan, left: plan.times ?? Number.POSITIVE_INFINITY }),
    heal: () => {
      plans = [];
    },
  });
}

export const isPost = (call: ConnectorCall): boolean => call.method === 'POST' && /\/activities/.test(call.path);
export const isUpdate = (call: ConnectorCall): boolean => call.method === 'PUT';
export const isMemberRead = (call: ConnectorCall): boolean => call.method === 'GET' && /\/members\//.test(call.path);
export const isOpen = (call: ConnectorCall): boolean => call.method === 'POST' && call.path === '/v3/conversations';

/** The people and places of most tests. */
export const tenantId = '8f1c2d3e-0000-4000-8000-000000000001';
export const appId = '11111111-2222-4333-8444-555555555555';
export const bot = { id: `28:${appId}`, name: 'Live Response' };
export const ana = { id: '29:ana', name: 'Ana Analyst', aadObjectId: 'a0000000-0000-4000-8000-000000000001' };
export const bo = { id: '29:bo', name: 'Bo Approver', aadObjectId: 'a0000000-0000-4000-8000-000000000002' };
export const cy = { id: '29:cy', name: 'Cy Approver', aadObjectId: 'a0000000-0000-4000-8000-000000000003' };
export const teamId = '19:team@thread.tacv2';
export const channelId = '19:channel@thread.tacv2';
