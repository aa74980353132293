import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeGrammar } from '../src/chat/help';

/** The page as it must stand in docs/; a test compares. */
export const commandsPage = (): string =>
  [
    '# What you can type',
    'Made from the word table by `npm run commands`; do not edit. In a channel or group chat mention the bot first, as in `@Live Response status`; in your own chat with it just write.',
    describeGrammar(),
    'How a request comes to run: [for analysts](analyst.md). How it is decided: [for approvers](approver.md).',
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');

/** `npm run commands`. */
if (require.main === module) void writeFile(join(process.cwd(), 'docs', 'commands.md'), commandsPage());
