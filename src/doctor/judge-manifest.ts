import { z } from 'zod/v4';
import { type Word, words, wordTable } from '../chat/words';
import { visible } from '../lib/visible';
import { fail, fine, type Judged, warn } from './finding';

/** Whether the app package that people install is that of this program and of this bot. */
export function judgeManifest(
  text: string,
  { version, botId }: { readonly version: string; readonly botId: string | null },
): readonly Judged[] {
  const parsed = Manifest.safeParse(parseJson(text));
  if (!parsed.success)
    return [
      fail(
        'appPackage/manifest.json cannot be read as a manifest of a bot.',
        'Put back the one of this version of the program.',
      ),
    ];
  const manifest = parsed.data;
  const findings: Judged[] = [];
  if (manifest.version !== version)
    findings.push(
      warn(
        `The manifest says version ${visible(manifest.version)}, and this program is ${version}: Teams offers an update only when the version rises.`,
        'Build the package of this version (npm run package) and upload it in the Teams admin center.',
      ),
    );
  const ids = manifest.bots.map((bot) => bot.botId).filter((id) => !isPlaceholder(id));
  if (botId !== null && ids.some((id) => id.toLowerCase() !== botId.toLowerCase()))
    findings.push(
      fail(
        'The manifest names another bot than BOT_ID, so what people write in Teams never arrives here.',
        'Build the package with the same BOT_ID and upload it again, or fix BOT_ID.',
      ),
    );
  const commands = manifest.bots.flatMap((bot) => bot.commandLists.flatMap((list) => list.commands));
  const unknown = [...new Set(commands.filter(({ title }) => !isWord(title)).map(({ title }) => title))];
  if (unknown.length > 0)
    findings.push(
      warn(
        `Teams would offer words that the bot does not know: ${unknown.map(visible).join(', ')}.`,
        'Build the package of this version (npm run package) and upload it.',
      ),
    );
  const stale = [
    ...new Set(
      commands.filter((c) => isWord(c.title) && wordTable[c.title].purpose !== c.description).map((c) => c.title),
    ),
  ];
  if (stale.length > 0)
    findings.push(
      warn(
        `Teams would describe words otherwise than the bot does: ${stale.join(', ')}.`,
        'Build the package of this version (npm run package) and upload it.',
      ),
    );
  return findings.length > 0 ? findings : [fine(`The manifest (${version}) fits this program and this bot.`)];
}

const isWord = (title: string): title is Word => (words as readonly string[]).includes(title);
/** As the Agents Toolkit writes it: the package is built with the real value. */
const isPlaceholder = (id: string): boolean => /^\$\{\{\s*\w+\s*\}\}$/.test(id);

const Manifest = z.object({
  version: z.string(),
  bots: z
    .array(
      z.object({
        botId: z.string(),
        commandLists: z
          .array(z.object({ commands: z.array(z.object({ title: z.string(), description: z.string() })) }))
          .default([]),
      }),
    )
    .min(1),
});

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
