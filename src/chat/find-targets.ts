import { maxPathLength } from '../request/ask/command';
import { maxDeviceLength } from './draft-check';
import { type Found, mostFound } from './form';

/**
 * Devices, addresses and paths that a message names, in its order: an offer to whoever reads the message, so a wrong one costs a glance and a missing one
 * a few keystrokes. The message is untrusted text; nothing in it is taken for more than a name.
 */
export function findTargets(text: string): Found {
  const seen = text.slice(0, longestRead);
  const paths = unique([...seen.matchAll(path)].map(([found]) => trimEnd(found)).filter(isPath), maxPathLength);
  // What stands in a path is no device, and neither is what stands in an address of the web, but for its host.
  const rest = seen.replace(path, ' ').replace(webAddress, (_all, host: string) => ` ${host} `);
  const words = rest.split(/[\s,;()[\]{}<>"'`|=]+/).map((word) => trimEnd(word.replace(/^[@#*_-]+/, '')));
  return { devices: unique(words.filter(isDevice), maxDeviceLength), paths };
}

/** As long as a message was ever allowed to be (teams.md E3); a search by patterns must end. */
const longestRead = 28_000;

/** From a drive or the root on; blanks belong to a path only within quotes. */
const path =
  /(?<=["'`])(?:[A-Za-z]:\\|\/(?=[A-Za-z]+\/))[^"'`\r\n<>|*?]+(?=["'`])|(?<![\w:/.\\])(?:[A-Za-z]:\\|\/(?=(?:bin|boot|dev|etc|home|lib|mnt|opt|private|proc|root|run|srv|sys|tmp|usr|var|Applications|Library|System|Users|Volumes)\/))[^\s"'`<>|*?]+/g;

/** From `://` on, which every address holds once; patterns that may begin anywhere in a long word read it once for each of its letters. */
const webAddress = /(?<=(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,30}):\/\/(?:[^\s/@]{0,300}@)?([^\s/:?#]+)[^\s]*/gi;

const endings = '.,:;!?*_)]';
function trimEnd(word: string): string {
  let end = word.length;
  while (end > 0 && endings.includes(word.charAt(end - 1))) end--;
  return word.slice(0, end);
}

const isPath = (found: string): boolean => found.length > 3;

function isDevice(word: string): boolean {
  if (isAddress(word)) return !nowhere.test(word);
  if (/^[0-9a-f]{40}$/i.test(word)) return true;
  if (word.length < 3 || !hostName.test(word)) return false;
  const labels = word.split('.');
  const last = labels.at(-1)?.toLowerCase() ?? '';
  if (labels.length > 1) return !/^\d+$/.test(last) && !fileEndings.has(last) && labels.length > 2;
  // A single word is a device's name only if it looks like one: letters and digits, and no number of an incident, a weakness or a technique.
  return (
    /[a-z]/i.test(word) &&
    /\d/.test(word) &&
    !otherNumber.test(word) &&
    (word.includes('-') || startsLikeHost.test(word))
  );
}

/** As far as an offer needs it: what is no address after all, Defender does not know. */
function isAddress(word: string): boolean {
  const octets = /^\d{1,3}(?:\.\d{1,3}){3}$/.test(word) ? word.split('.') : null;
  if (octets !== null) return octets.every((octet) => Number(octet) <= 255);
  const groups = word.split(':');
  const isHex = groups.every((group) => /^[0-9a-f]{0,4}$/i.test(group));
  return isHex && groups.length >= 3 && groups.length <= 8 && (word.includes('::') || groups.length === 8);
}

const hostName = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i;
const startsLikeHost = /^(?:ws|pc|srv|dc|lt|nb|vm|host|desktop|laptop|win|lin|mac|db|web|app|fs)[a-z]*\d/i;
const otherNumber = /^(?:INC|CVE|LR|KB|MS\d*|T\d+|TA\d+|SR|CHG|RITM|TASK|SHA|MD|UTF|ISO|RFC|COVID|\d)[-\d]/i;
const nowhere = /^(?:0\.0\.0\.0|255\.255\.255\.255|127\.|::1?$)/;
const fileEndings = new Set([
  ...[
    'exe',
    'dll',
    'sys',
    'bat',
    'cmd',
    'ps1',
    'psm1',
    'vbs',
    'js',
    'jse',
    'hta',
    'msi',
    'lnk',
    'scr',
    'zip',
    '7z',
    'rar',
  ],
  ...[
    'gz',
    'tar',
    'iso',
    'img',
    'dmp',
    'log',
    'txt',
    'csv',
    'json',
    'xml',
    'html',
    'htm',
    'pdf',
    'doc',
    'docx',
    'docm',
  ],
  ...[
    'xls',
    'xlsx',
    'xlsm',
    'ppt',
    'pptx',
    'eml',
    'msg',
    'png',
    'jpg',
    'jpeg',
    'gif',
    'evtx',
    'pf',
    'reg',
    'tmp',
    'bin',
    'dat',
    'sh',
    'py',
  ],
]);

/** Each once, whatever its case; what is too long to be asked for is no offer. */
function unique(names: readonly string[], longest: number): readonly string[] {
  const kept = new Map<string, string>();
  for (const name of names) {
    const key = name.toLowerCase();
    if (name.length <= longest && !kept.has(key)) kept.set(key, name);
  }
  return [...kept.values()].slice(0, mostFound);
}
