import type { Command, PathFault } from '../request/ask/command';

/** What to do about a name that is missing. */
export const missingNames: Readonly<Record<Command['type'], string>> = {
  PutFile: 'Name the library file to put on the device; library lists them.',
  RunScript: 'Name the library script to run; library lists them.',
  GetFile: 'Give the full path of the file to collect.',
};

/** Why a path cannot be collected, and what to do. */
export const pathFaults: Readonly<Record<PathFault, string>> = {
  notAbsolute: 'it is not a full path. Start with a drive, such as C:\\, or on macOS and Linux with /.',
  uncOrDevice:
    'it starts with two slashes, which means a share or a raw device and not a file of this device. Give the path on a drive.',
  parentSegment: 'it holds .., so it means another file than the one approvers would read. Write the path out.',
  alternateStream:
    'it holds a second colon, which means a hidden stream of the file. Give the path of the file itself.',
  wildcard: 'it holds * or ?, and getfile collects exactly one file. Give the full name, one getfile for each file.',
  variable: 'it holds a variable between % signs, and approvers must see where it leads. Write the path out.',
  trailing: 'a part of it ends in a dot or a blank, which Windows drops, so it means another file. Take it away.',
  forbiddenCharacter: 'it holds ", <, > or |, which no such path may hold. Take it away.',
  directory: 'it ends in a slash, so it is a folder, and getfile collects one file. Give the path of a file.',
};
