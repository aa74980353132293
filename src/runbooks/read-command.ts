import type { Field, YamlReader } from '../policy/read-yaml';
import type { CommandTemplate, Piece } from './runbook';
import { namesIn, parseTemplate } from './template';

const longestLine = 2_500;

/** One line such as `run triage.ps1 -Name ${process}`; null when it is none, and then why has been said. */
export function readCommand(yaml: YamlReader, field: Field): CommandTemplate | null {
  const line = yaml.text(field, longestLine, 'a command such as run triage.ps1');
  if (line === null) return null;
  const [, verb = '', quoted, plain, rest = ''] = /^(\S+)\s+(?:"([^"]+)"|(\S+))(.*)$/s.exec(line.trim()) ?? [];
  const subject = quoted ?? plain ?? '';
  const at = { line: field.line };
  switch (verb.toLowerCase()) {
    case 'putfile':
      if (rest.trim() !== '') return yaml.fault(field, 'putfile takes the name of a library file and no more');
      return fileNameOf(yaml, field, subject) ? { type: 'PutFile', fileName: subject, pieces: [], ...at } : null;
    case 'run': {
      const pieces = fileNameOf(yaml, field, subject) ? readPieces(yaml, field, rest.trim()) : null;
      return pieces === null ? null : { type: 'RunScript', fileName: subject, pieces, ...at };
    }
    case 'getfile': {
      const path = line
        .trim()
        .slice(verb.length)
        .trim()
        .replace(/^"(.*)"$/s, '$1');
      const pieces = readPieces(yaml, field, path);
      return pieces === null ? null : { type: 'GetFile', fileName: '', pieces, ...at };
    }
    default:
      return yaml.fault(field, 'must begin with putfile, run or getfile');
  }
}

/** The library file is fixed, so that it can be looked for before anybody asks. */
function fileNameOf(yaml: YamlReader, field: Field, name: string): boolean {
  if (name !== '' && !name.includes('${')) return true;
  yaml.fault(field, 'the library file must be a fixed name, not a parameter');
  return false;
}

function readPieces(yaml: YamlReader, field: Field, text: string): readonly Piece[] | null {
  const pieces = parseTemplate(text);
  if (!pieces.ok) return yaml.fault(field, pieces.error);
  const unsafe = unsafePlace(text);
  if (namesIn(pieces.value).length > 0 && unsafe !== null) return yaml.fault(field, unsafe);
  return pieces.value;
}

/** Where a value could become something else than a part of one argument. */
function unsafePlace(text: string): string | null {
  if (/"[^"]*\$\{[^"]*"/.test(text))
    return 'put a parameter in single quotes or in none: PowerShell reads what stands in double quotes';
  for (const [, before = '', after = ''] of text.matchAll(/(.?)\$\{[^}]*\}(.?)/g)) {
    if (/[`(,{@]/.test(before)) return `a value must not stand right behind ${before}`;
    if (/[`),}(]/.test(after)) return `a value must not stand right before ${after}`;
  }
  return (text.replace(/''/g, '').split("'").length - 1) % 2 === 0 ? null : 'a single quote is never closed';
}
