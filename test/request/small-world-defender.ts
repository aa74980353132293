import type { ObservedAction } from '../../src/request/event';
import type { CommandProgress } from '../../src/request/request';
import { action, commands, progress } from './sample';
import type { Step } from './small-world-steps';

/** An action as it really is in Defender; `acted` when its device has done something. */
export interface DefenderAction {
  readonly id: string;
  readonly marker: string;
  /** Somebody else's: it carries no marker of ours. */
  readonly isForeign: boolean;
  /** Our marker over other commands than were sent. */
  readonly isAltered: boolean;
  readonly visibleAt: number;
  status: string;
  progress: readonly CommandProgress[];
  vanished: boolean;
  acted: boolean;
  seen: ObservedAction[];
}

export type Happening = Extract<Step, { do: 'device' }>['what'];

export const createAction = (
  made: Pick<DefenderAction, 'id' | 'marker' | 'visibleAt' | 'isForeign' | 'isAltered'>,
): DefenderAction => ({
  ...made,
  status: 'Pending',
  progress: commands.map((_, index) => progress(index)),
  vanished: false,
  acted: false,
  seen: [],
});

const otherCommands = (action('Pending').asked ?? []).slice(1);

export const snapshot = (a: DefenderAction): ObservedAction =>
  action(a.status, {
    actionId: a.id,
    comment: a.isForeign ? 'somebody else' : `${a.marker} asked by Ana`,
    progress: a.progress,
    ...(a.isAltered ? { asked: otherCommands } : {}),
    cancellationRequestor: 'somebody',
  });

export const isOpen = (a: DefenderAction): boolean => a.status === 'Pending' || a.status === 'InProgress';

export function happen(ours: DefenderAction, what: Happening): void {
  if (what === 'timeOut') ours.status = 'TimeOut';
  else if (what === 'foreignCancel') ours.status = 'Cancelled';
  else if (ours.status === 'Pending') {
    if (what === 'reach') ours.status = 'InProgress';
  } else {
    const at = ours.progress.findIndex((p) => p.status === 'Created');
    const current = ours.progress[at];
    if (current === undefined) ours.status = 'Succeeded';
    else {
      ours.acted = true;
      const started = current.startedAt !== null;
      const status = what === 'fail' ? 'Failed' : started ? 'Completed' : 'Created';
      ours.progress = ours.progress.with(at, { ...current, startedAt: 't', status });
      if (what === 'fail') ours.status = 'Failed';
    }
  }
}
