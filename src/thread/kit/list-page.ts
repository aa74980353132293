import { type ActionJson, button } from './button';
import { type Line, saySubtle } from './line';
import { type CardOptions, pagePost, type Section } from './page';
import type { Post } from './post';

/** The lists that people leaf through; each is asked for anew by its name, so that a button shows no more than the word would (T-38). */
export const listNames = ['queue', 'open', 'mine', 'history', 'waiting', 'library', 'reviews'] as const;
export type ListName = (typeof listNames)[number];

/** What a button to another page carries. `about` narrows the list: a Defender id, or a part of a library file's name. */
export interface ListQuery {
  readonly list: ListName;
  readonly about: string | null;
  /** From 1. */
  readonly page: number;
}

/** No list of ours has more pages than this, so a larger number comes from no card of ours. */
export const mostPages = 1_000;

export interface ListOptions extends CardOptions {
  /** From 1. */
  readonly page: number;
}

export interface ListRow {
  readonly lines: readonly Line[];
  readonly actions?: readonly ActionJson[];
  /** Our own words; shown where the rows under it begin, and again on top of each page. */
  readonly heading?: string;
}

export interface PagedList extends ListQuery {
  readonly title: string;
  readonly lines?: readonly Line[];
  readonly rows: readonly ListRow[];
  readonly actions?: readonly ActionJson[];
}

/** One page of a list with buttons to its neighbours; a page that is no longer there is the last one. */
export function listPost({ title, lines = [], rows, actions = [], ...query }: PagedList, options: CardOptions): Post {
  const pages = cutPages(rows, pageSize);
  const page = Math.min(Math.max(query.page, 1), pages.length);
  const to = (name: string, at: number): readonly ActionJson[] =>
    at < 1 || at > pages.length
      ? []
      : [
          button({
            title: name,
            verb: 'list.page',
            data: { list: query.list, about: query.about, page: at },
            inputs: 'none',
          }),
        ];
  return pagePost(
    {
      title,
      lines: [...lines, ...(pages.length === 1 ? [] : [[saySubtle(`Page ${page} of ${pages.length}.`)]])],
      sections: (pages[page - 1] ?? []).map(toSection),
      actions: [...to('Previous page', page - 1), ...to('Next page', page + 1), ...actions],
    },
    options,
  );
}

const toSection = ({ lines, actions = [], heading }: ListRow, i: number, page: readonly ListRow[]): Section => ({
  lines,
  actions,
  ...(heading === undefined || heading === page[i - 1]?.heading ? {} : { title: heading }),
});

export interface PageSize {
  readonly rows: number;
  readonly bytes: number;
}

/** About two screens of a phone; what is left of an activity is for the title, the buttons and the envelope (teams.md E3). */
const pageSize: PageSize = { rows: 8, bytes: 20_000 };
/** What a line of runs costs on the card beside the runs. */
const lineBytes = 100;

/** The same rows always make the same pages, whichever of them is shown; a list without rows has one empty page. */
export function cutPages<R extends ListRow>(rows: readonly R[], most: PageSize): ReadonlyArray<readonly R[]> {
  const pages: R[][] = [[]];
  let bytes = 0;
  for (const row of rows) {
    const { lines, actions } = row;
    const size = Buffer.byteLength(JSON.stringify([lines, actions]), 'utf8') + lines.length * lineBytes;
    const last = pages.at(-1) as R[];
    if (last.length > 0 && (last.length === most.rows || bytes + size > most.bytes)) {
      pages.push([row]);
      bytes = size;
    } else {
      last.push(row);
      bytes += size;
    }
  }
  return pages;
}
