import { readFileSync } from 'node:fs';
import type { Result } from '../lib/result';

/**
 * A tool that judges files without the service: prints what it came to and gives the exit code, 2 where a file cannot be read. `run` gets the
 * reading of files, so that it stays without them itself.
 */
export function runTool<T>(
  command: Result<T, string>,
  usage: string,
  run: (command: T, read: (file: string) => string) => { readonly code: number; readonly lines: readonly string[] },
): number {
  if (!command.ok) {
    console.error(`${command.error}\n\n${usage}`);
    return 2;
  }
  try {
    const { code, lines } = run(command.value, (file) => readFileSync(file, 'utf8'));
    (code === 0 ? console.log : console.error)(lines.join('\n'));
    return code;
  } catch (error) {
    const isUnreadable = error instanceof Error && 'code' in error && 'path' in error;
    if (!isUnreadable) throw error;
    console.error(`${String(error.path)} cannot be read (${String(error.code)}). Name the file that you mean.`);
    return 2;
  }
}
