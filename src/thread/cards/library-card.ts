import type { LibraryFile } from '../../request/request';
import { type Line, say, saySubtle, showCode, showCut } from '../kit/line';
import { type ListOptions, listPost } from '../kit/list-page';
import { pagePost } from '../kit/page';
import type { Post } from '../kit/post';
import { count, formatDuration, formatTime, groupHex, parseDefenderTime } from '../kit/words';

/** The library's scripts and files as far as they match. */
export function libraryCard(
  files: readonly LibraryFile[],
  options: ListOptions & { readonly query: string | null },
): Post {
  if (files.length === 0) {
    const line: Line =
      options.query === null
        ? [say('The live response library is empty. Files are uploaded in the Defender portal.')]
        : [
            say('No library file has a name with '),
            ...showCut(options.query, 100, showCode),
            say(' in it. Type library to see all.'),
          ];
    return pagePost({ title: 'No library file found', lines: [line] }, options);
  }
  return listPost(
    {
      list: 'library',
      about: options.query,
      page: options.page,
      title: count(files.length, 'library file'),
      rows: files.map((file) => ({ lines: libraryRow(file, options) })),
    },
    options,
  );
}

function libraryRow(file: LibraryFile, { now, reader }: ListOptions): readonly Line[] {
  const changedAt = parseDefenderTime(file.lastUpdatedTime);
  const by: Line = file.createdBy === null ? [] : [saySubtle(' by '), ...showCut(file.createdBy, 80)];
  return [
    [{ ...showCode(file.fileName), weight: 'Bolder' }],
    ...(file.description === null || file.description === '' ? [] : [showCut(file.description, 200)]),
    ...(file.hasParameters
      ? [
          [
            say('Takes arguments'),
            ...(file.parametersDescription === null ? [] : [say(': '), ...showCut(file.parametersDescription, 200)]),
          ],
        ]
      : []),
    [
      saySubtle('SHA-256 '),
      showCode(groupHex(file.sha256.slice(0, 16))),
      say('…'),
      ...by,
      ...(changedAt === null
        ? []
        : [saySubtle(`, changed ${formatTime(changedAt, reader)} (${formatDuration(now - changedAt)} ago)`)]),
    ],
  ];
}
