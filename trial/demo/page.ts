import { styleText } from 'node:util';

/** A terminal as the demo writes on it: indented, wrapped between words, in colour where that is wanted. */
export interface Page {
  line(text?: string): void;
  /** Under a bar, as Teams frames what one message holds. */
  framed(lines: readonly string[]): void;
  style(format: Style, text: string): string;
}

export type Style = 'bold' | 'dim' | 'green' | 'red' | 'cyan' | 'yellow';

export function createPage({
  write,
  width,
  colour,
}: {
  readonly write: (text: string) => void;
  readonly width: number;
  readonly colour: boolean;
}): Page {
  const style = (format: Style, text: string): string =>
    colour ? styleText(format, text, { validateStream: false }) : text;
  return {
    style,
    line: (text = '') => write(`${text}\n`),
    framed(lines) {
      for (const text of lines.flatMap((line) => wrap(line, width - 6, '  ')))
        write(`    ${style('dim', '│')} ${text}\n`);
    },
  };
}

/** Breaks between words; each line after the first begins with `hanging`. A word longer than a line stays whole. */
export function wrap(text: string, width: number, hanging = ''): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line.trim() !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = `${hanging}${word}`;
    } else line = line === '' && lines.length === 0 && word !== '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
