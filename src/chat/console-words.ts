/**
 * What to do here instead of each command that only an interactive session knows ("Investigate entities on devices using live response", basic and
 * advanced commands, and their aliases). The API takes PutFile, RunScript and GetFile alone.
 */
const inSession = 'Run a library script that does the same instead: run <script>; the word library lists them.';
const onDevicePage = "Use the device's page in the Defender portal.";
const notNeeded = 'It is not needed here: status shows where a request stands.';

const insteadOf: ReadonlyMap<string, string> = new Map(
  (
    [
      [
        'analyze cat cd connections dir drivers fileinfo findfile ls persistence process processes ps registry scheduledtasks services startupfolders trace',
        inSession,
      ],
      ['collect isolate release remediate scan undo', onDevicePage],
      ['cls connect disconnect fg jobs', notNeeded],
      ['download', 'To collect a file, write getfile and its full path: getfile C:\\windows\\TEMP\\x.log'],
      ['upload', 'To put a library file on the device, write putfile and its name: putfile procdump.zip'],
    ] as const
  ).flatMap(([commands, instead]) => commands.split(' ').map((command) => [command, instead])),
);

/** The way that goes here, for a command of Defender's own console; null for any other word. */
export const insteadOfConsole = (typed: string): string | null => insteadOf.get(typed.toLowerCase()) ?? null;

/** The options of the console's getfile, putfile and run, which the API has no parameter for; null where `text` holds none. */
export function consoleOptionIn(text: string): { readonly option: string; readonly rest: string } | null {
  const words = text.split(/[ \t]+/);
  const option = words.find((word) => /^-(?:auto|keep|overwrite|background)$/i.test(word));
  return option === undefined ? null : { option, rest: words.filter((word) => word !== option).join(' ') };
}
