import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A check that stands between an attack and a promise, marked `// guard: <name>` where it is. */
export interface Guard {
  readonly name: string;
  readonly file: string;
  /** From zero. */
  readonly line: number;
}

/** What docs/security.md says about a guard: where it is, and which test goes red without it. */
export interface GuardRow {
  readonly name: string;
  readonly file: string;
  readonly testFile: string;
  readonly title: string;
}

const mark = /\/\/ guard: ([a-z0-9-]+)\s*$/;

/** Every mark under `src`, in the order of the files. */
export function findGuards(root: string): readonly Guard[] {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts'))
    .sort()
    .flatMap((name) => {
      const file = `src/${name.replaceAll('\\', '/')}`;
      return readFileSync(join(root, file), 'utf8')
        .split('\n')
        .flatMap((text, line) => {
          const found = mark.exec(text)?.[1];
          return found === undefined ? [] : [{ name: found, file, line }];
        });
    });
}

/** The rows `| guard | src/file.ts | test/file.test.ts | "title" |` of the page. */
export function readGuardTable(page: string): readonly GuardRow[] {
  const row = /^\| `([a-z0-9-]+)` \| `(src\/[^`]+)` \| `(test\/[^`]+)` \| "(.+)" \|$/gm;
  return [...page.matchAll(row)].map(([, name = '', file = '', testFile = '', title = '']) => {
    return { name, file, testFile, title: title.replaceAll('\\|', '|') };
  });
}

/**
 * The source without the marked statement, list element or chained call; a statement leaves an empty one behind,
 * so that an `if` before it does not take hold of the next.
 */
export function withoutGuard(source: string, { name, line }: Pick<Guard, 'name' | 'line'>): string {
  const lines = source.split('\n');
  const isMarkAlone = /^\s*\/\//.test(lines[line] ?? '');
  const first = isMarkAlone ? line + 1 : line;
  for (let last = first; last < lines.length; last++) {
    const text = lines
      .slice(first, last + 1)
      .map((l) => l.replace(mark, ''))
      .join('\n')
      .trim();
    if (depthOf(text) > 0 || !/[;,})\]]$/.test(text)) continue;
    const isStatement = /[;}]$/.test(text);
    return [...lines.slice(0, line), isStatement ? ';' : '', ...lines.slice(last + 1)].join('\n');
  }
  throw new Error(`The statement of the guard ${name} has no end`);
}

/** How many brackets are open at the end; the marked lines hold no bracket inside a string or a pattern that has no partner there. */
function depthOf(text: string): number {
  const opened = text.match(/[([{]/g)?.length ?? 0;
  const closed = text.match(/[)\]}]/g)?.length ?? 0;
  return opened - closed;
}

/** The text as a pattern that finds exactly it. */
export const escapePattern = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
