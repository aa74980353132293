import { type Answer, json } from '../answer';
import type { Fault, NewActionFault } from '../faults';
import type { World } from '../world';
import { type Action, type CommandRequest, createAction } from './action';
import { entity } from './action-calls';

export const isNewActionFault = (fault: Fault): fault is NewActionFault =>
  fault.type === 'hiddenAction' || fault.type === 'foreignAction';

/** What the POST is answered with in place of its answer; null where no action was made, and the fault has nothing to strike. */
export function strikeNewAction(world: World, fault: NewActionFault, answer: Answer): Answer | 'drop' | null {
  const own = answer.status === 201 ? world.actions.at(-1) : undefined;
  if (own === undefined) return null;
  if (fault.type === 'hiddenAction') {
    own.visibleAt = own.createdAt + fault.hiddenMs;
    return fault.answered ? answer : 'drop';
  }
  if (!fault.ownExists) world.actions.pop();
  const other = otherThan(own, fault.differsBy);
  world.actions.push(other);
  world.settle();
  return json(201, entity(world, other));
}

const otherThan = (own: Action, differsBy: Extract<NewActionFault, { type: 'foreignAction' }>['differsBy']): Action =>
  createAction({
    ...(differsBy === 'commands'
      ? { requestor: own.requestor, requestorComment: own.requestorComment }
      : { requestor: somebodyElse, requestorComment: 'Started in the portal' }),
    machineId: own.machineId,
    computerDnsName: own.computerDnsName,
    createdAt: own.createdAt,
    visibleAt: own.createdAt,
    commands: differsBy === 'comment' ? own.commands.map(({ type, params }) => ({ type, params })) : otherCommands,
  });

const somebodyElse = 'somebody.else@contoso.example';

const otherCommands: readonly CommandRequest[] = [
  { type: 'GetFile', params: [{ key: 'Path', value: 'C:\\somebody\\else.txt' }] },
];
