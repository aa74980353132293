import { type Page, wrap } from './page';

/** What the demo promised and whether it held, said at once and again at the end. */
export interface Steps {
  begin(story: string): void;
  check(promise: string, held: boolean, otherwise?: string): void;
  readonly allHeld: boolean;
  printTable(): void;
}

interface Step {
  readonly story: string;
  readonly promise: string;
  readonly held: boolean;
}

export function createSteps(page: Page, width: number): Steps {
  const steps: Step[] = [];
  let story = '';
  const mark = (held: boolean) => (held ? page.style('green', '✔') : page.style('red', '✘'));

  return {
    begin(title) {
      story = title;
      page.line();
      page.line(page.style('bold', `━━ ${title} ${'━'.repeat(Math.max(width - title.length - 4, 2))}`));
    },
    check(promise, held, otherwise) {
      steps.push({ story, promise, held });
      const why = held || otherwise === undefined ? '' : ` (${otherwise})`;
      const [first, ...rest] = wrap(`checked: ${promise}${why}`, width - 4);
      page.line(`  ${mark(held)} ${first}`);
      for (const line of rest) page.line(`    ${line}`);
    },
    get allHeld() {
      return steps.length > 0 && steps.every((step) => step.held);
    },
    printTable() {
      page.line();
      page.line(page.style('bold', `━━ What was checked ${'━'.repeat(Math.max(width - 20, 2))}`));
      let last = '';
      for (const [index, step] of steps.entries()) {
        if (step.story !== last) page.line(`  ${step.story}`);
        last = step.story;
        const [first, ...rest] = wrap(step.promise, width - 20);
        page.line(
          `   ${String(index + 1).padStart(3)}  ${step.held ? 'held    ' : page.style('red', 'NOT HELD')}  ${first}`,
        );
        for (const line of rest) page.line(`${' '.repeat(18)}${line}`);
      }
      const held = steps.filter((step) => step.held).length;
      page.line();
      page.line(
        this.allHeld
          ? page.style('green', `All ${held} steps held.`)
          : page.style('red', `${held} of ${steps.length} steps held.`),
      );
    },
  };
}
