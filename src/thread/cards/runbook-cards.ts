import { writeAsk } from '../../runbooks/read-message';
import type { Runbook, Runbooks } from '../../runbooks/runbook';
import { writeTemplate } from '../../runbooks/template';
import { type Line, say, sayBold, saySubtle, showCode, showCut } from '../kit/line';
import { pagePost } from '../kit/page';
import type { Post } from '../kit/post';
import { commandVerb, count } from '../kit/words';
import { describeType, runbookAnswers } from '../sentences/runbook-words';

const mostShown = 40;
const nobody = { device: '', reason: '', given: new Map<string, string>() };

/** What recipes there are, and how each is asked for. */
export function runbookListCard(runbooks: Runbooks, options: { readonly trial: boolean }): Post {
  const shown = [...runbooks.values()].slice(0, mostShown);
  return pagePost(
    {
      title: runbooks.size === 0 ? 'No runbooks' : count(runbooks.size, 'runbook'),
      lines: [
        ...(runbooks.size === 0 ? [[say(runbookAnswers.without)]] : []),
        ...shown.map((one): Line => [showCode(one.name), say(' '), ...showCut(one.title, 100)]),
        ...(runbooks.size > shown.length ? [[saySubtle(`And ${runbooks.size - shown.length} more.`)]] : []),
      ],
    },
    options,
  );
}

/** One recipe: what it is for, what it takes, and what it makes of that. */
export function runbookCard(runbook: Runbook, options: { readonly trial: boolean }): Post {
  return pagePost(
    {
      title: `Runbook ${runbook.name}`,
      lines: [
        showCut(runbook.title, 100),
        ...(runbook.purpose === '' ? [] : [showCut(runbook.purpose, 400)]),
        [saySubtle('Version '), showCode(runbook.version)],
        ...runbook.commands.map(
          ({ type, fileName, pieces }, i): Line => [
            saySubtle(`${i + 1} ${commandVerb(type)} `),
            showCode([fileName, writeTemplate(pieces)].filter((part) => part !== '').join(' ')),
          ],
        ),
        ...runbook.parameters.map(
          (parameter): Line => [
            sayBold(parameter.name),
            say(`: ${describeType(parameter)}`),
            saySubtle(
              parameter.isRequired
                ? ', required'
                : parameter.default === null
                  ? ', may be left out'
                  : `, ${parameter.default} unless given`,
            ),
          ],
        ),
        [say('Ask for it: '), showCode(writeAsk(runbook, nobody))],
      ],
    },
    options,
  );
}
