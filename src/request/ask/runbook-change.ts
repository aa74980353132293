import type { Change, RequestBase } from '../request';

/** The versions of all runbooks as they are now, by name. */
export type RunbookVersions = ReadonlyMap<string, string>;

/** What was rendered by a runbook stands only while that one says the same: its name on the card tells people what it does. */
export const findRunbookChanges = (
  { runbook }: Pick<RequestBase, 'runbook'>,
  now: RunbookVersions,
): readonly Change[] =>
  runbook === undefined || now.get(runbook.name) === runbook.version
    ? []
    : [{ type: 'runbookChanged', name: runbook.name }];
