import type { Draft } from '../../chat/draft';
import type { FormInput } from '../../chat/form';
import { err, type Result } from '../../lib/result';
import { libraryFileOf } from '../../request/ask/command';
import type { LibraryFile, RequestId } from '../../request/request';
import type { Tx } from '../../store/store';
import type { Post } from '../../thread/kit/post';
import type { Refusal } from '../../thread/sentences/refusals';
import type { PersonReads } from './people-reads';

/** What asking came to: a question back, what stores the request in the caller's transaction, or a refusal that stores nothing. */
export type Asked = Result<{ readonly question: Post } | Storing, Refusal>;

interface Storing {
  /** May still refuse, by what others have stored meanwhile; that is audited. */
  readonly store: (tx: Tx) => Promise<Result<RequestId, Refusal>>;
}

export interface AskOptions {
  /** They have read what was found beforehand, and go on. */
  readonly warned?: boolean;
  /** Asked by a button. */
  readonly byCard?: boolean;
  /** The form that leads here, to be come back to. */
  readonly form?: FormInput | null;
}

export interface LibraryFiles {
  readonly found: readonly LibraryFile[];
  readonly missing: readonly Refusal[];
}

export async function findLibraryFiles(reads: PersonReads, draft: Draft): Promise<LibraryFiles> {
  const names = [...new Set(draft.commands.map(libraryFileOf).filter((name) => name !== null))];
  if (names.length === 0) return { found: [], missing: [] };
  const library = await reads.listLibrary();
  const known = library.map((f) => f.fileName);
  return {
    found: names.map((name) => library.find((f) => f.fileName === name)).filter((file) => file !== undefined),
    missing: names
      .filter((name) => !known.includes(name))
      .map((fileName) => ({ type: 'unknownLibraryFile', fileName, known })),
  };
}

/** Everything to fix, at once. */
export const refusing = (refusals: readonly Refusal[]): { readonly ok: false; readonly error: Refusal } => {
  const [only, ...others] = refusals;
  return err(only !== undefined && others.length === 0 ? only : { type: 'several', refusals });
};
