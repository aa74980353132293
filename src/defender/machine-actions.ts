import { type CallContext, post, segment } from './call';
import { DefenderError, readEnvelope } from './errors';
import { isoSeconds, quote } from './machine-query';
import { at, getUnlessGone, readList, unreadable } from './read-list';
import { type MachineAction, parseJson, readAction } from './schema';

/** A list and the number of calls that it took. */
export interface ActionList {
  readonly actions: readonly MachineAction[];
  readonly pages: number;
}

export type CancelOutcome =
  | { readonly type: 'accepted'; readonly action: MachineAction }
  /** It can no longer be cancelled, or not by us. */
  | { readonly type: 'refused'; readonly code: string }
  | { readonly type: 'unknownAction' };

/** Live responses of one machine; `date` is Defender's own on the list's first page (epoch ms), null where it named none. */
export interface DatedActions {
  readonly actions: readonly MachineAction[];
  readonly date: number | null;
}

/** Only fields that the page names as filterable, and `or` in parentheses as clients in production send it (defender-api.md §1.2). */
export async function listActions(context: CallContext, createdFrom: number, endedFrom: number): Promise<ActionList> {
  const all = `type eq 'LiveResponse' and creationDateTimeUtc ge ${isoSeconds(createdFrom)}`;
  if (endedFrom <= createdFrom) return listFiltered(context, all);
  const open = `(creationDateTimeUtc ge ${isoSeconds(endedFrom)} or status eq 'Pending' or status eq 'InProgress')`;
  try {
    return await listFiltered(context, `${all} and ${open}`);
  } catch (error) {
    // No page shows `or`: where it is refused, the longer list is as true.
    if (!(error instanceof DefenderError) || error.code !== 'defender.badRequest') throw error;
    const { actions, pages } = await listFiltered(context, all);
    return { actions, pages: pages + 1 };
  }
}

async function listFiltered(context: CallContext, filter: string): Promise<ActionList> {
  const call = { name: 'listActions', api: 'listActions' } as const;
  const { items, pages } = await readList(context, call, `machineactions?$filter=${encodeURIComponent(filter)}`, {
    readItem: (item) => readAction(item, context.clock.now()),
    unreadable: 'skip',
  });
  return { actions: items, pages };
}

export async function listMachineActions(
  context: CallContext,
  machineId: string,
  createdFrom: number | null,
): Promise<DatedActions> {
  const created = createdFrom === null ? '' : ` and creationDateTimeUtc ge ${isoSeconds(createdFrom)}`;
  const filter = `machineId eq ${quote(machineId)} and type eq 'LiveResponse'${created}`;
  const call = { name: 'listMachineActions', api: 'listActions' } as const;
  const { items, date } = await readList(context, call, `machineactions?$filter=${encodeURIComponent(filter)}`, {
    readItem: (item) => readAction(item, context.clock.now()),
    unreadable: 'throw',
  });
  return { actions: items, date };
}

export async function fetchAction(context: CallContext, actionId: string): Promise<MachineAction | null> {
  const reply = await getUnlessGone(context, at(context, 'getAction', `machineactions/${segment(actionId)}`));
  if (reply === null) return null;
  const action = readAction(parseJson(reply.body), context.clock.now());
  if (action === null || action.actionId.toLowerCase() !== actionId.toLowerCase()) throw unreadable('getAction', reply);
  return action;
}

export async function cancelAction(context: CallContext, actionId: string, comment: string): Promise<CancelOutcome> {
  const call = at(context, 'cancelAction', `machineactions/${segment(actionId)}/cancel`);
  const reply = await post(context, call, { Comment: comment }, [400, 404]);
  if (reply.status === 404) return { type: 'unknownAction' };
  if (reply.status === 400) return { type: 'refused', code: readEnvelope(reply.body).code ?? 'http.400' };
  // An answer that cannot be read is still a yes; what became of the action is then asked for.
  const action = readAction(parseJson(reply.body), context.clock.now()) ?? (await fetchAction(context, actionId));
  if (action === null) throw unreadable('cancelAction', reply);
  return { type: 'accepted', action };
}
