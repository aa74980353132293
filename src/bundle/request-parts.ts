import type { KeptResult } from '../evidence/keep-result';
import { commandToParams } from '../request/ask/command';
import { partsOf } from './judge-request';
import { canonicalText, type LeftOut } from './manifest';
import type { RequestRecord } from './records';

/** What will be a part: bytes, or a file of the evidence folder by its hash. */
export interface Source {
  readonly name: string;
  readonly what: string;
  /** The true name of what is in it; never the name of a part. */
  readonly title: string | null;
  readonly content: Buffer | KeptContent;
}

interface KeptContent {
  readonly sha256: string;
  readonly size: number | null;
  readonly request: string;
  /** Why it is left out where it is not there. */
  readonly absent: LeftOut['reason'];
}

interface Found {
  readonly parts: readonly Source[];
  readonly leftOut: readonly LeftOut[];
}

/** The request, what was shown of it, what it brought back, its review, and the library files that it used where their bytes are kept. */
export function requestParts(
  record: RequestRecord,
  { folder, withResults }: { readonly folder: string; readonly withResults: boolean },
): Found {
  const { request, review, entries } = record;
  const places = partsOf(folder);
  const json = (name: string, what: string, value: unknown): Source => ({
    name,
    what,
    title: request.id,
    content: Buffer.from(canonicalText(value)),
  });
  const shown = entries.filter(({ what }) => what === 'shown');
  const found = record.results.map((result) => resultParts(record, { result, folder, withResults }));
  return {
    parts: [
      json(places.request, 'request', request),
      ...shown.map(({ detail }, i) => ({
        name: places.shown(i + 1),
        what: 'shown',
        title: `round ${i + 1}`,
        content: Buffer.from(String(detail.canonicalText)),
      })),
      ...(review === null ? [] : [json(`${folder}/review.json`, 'review', review)]),
      ...found.flatMap(({ parts }) => parts),
      ...request.library.map(({ fileName, sha256 }, i) => ({
        name: `${folder}/library-${i + 1}.bin`,
        what: 'libraryFile',
        title: fileName,
        content: { sha256, size: null, request: request.id, absent: 'neverServed' as const },
      })),
    ],
    leftOut: found.flatMap(({ leftOut }) => leftOut),
  };
}

function resultParts(
  { request }: RequestRecord,
  {
    result,
    folder,
    withResults,
  }: { readonly result: KeptResult; readonly folder: string; readonly withResults: boolean },
): Found {
  const prefix = `${folder}/command-${result.index + 1}`;
  const command = request.commands[result.index];
  const title = command === undefined ? null : (commandToParams(command)[0]?.value ?? null);
  const kept = { request: request.id, absent: 'pruned' as const };
  const { file, rawSha256: raw, rawSize } = result;
  const parts: Source[] = [
    {
      name: `${prefix}-result.json`,
      what: 'result',
      title,
      content: Buffer.from(canonicalText({ ...result, rawRelativePath: undefined, file: fileOf(result) })),
    },
  ];
  const leftOut: LeftOut[] = [];
  const isRawKept = raw !== null && result.rawRelativePath !== null;
  if (raw !== null && !isRawKept && raw !== file?.sha256)
    leftOut.push({ request: request.id, what: 'download', title, sha256: raw, size: rawSize, reason: 'notKept' });
  // A file that came as it is on the device is its own download.
  if (raw !== null && isRawKept && raw !== file?.sha256)
    parts.push({
      name: `${prefix}-raw.bin`,
      what: 'download',
      title,
      content: { ...kept, sha256: raw, size: rawSize },
    });
  if (file !== null)
    parts.push({ name: `${prefix}-file.bin`, what: 'file', title, content: { ...kept, ...sizeOf(file) } });
  return withResults
    ? { parts, leftOut }
    : { parts: [], leftOut: [...leftOut, ...parts.flatMap((part) => withheld(request.id, part))] };
}

const sizeOf = ({ sha256, size }: { readonly sha256: string; readonly size: number }) => ({ sha256, size });

/** As it is for people; where it lies on the disk of the service is nobody's business. */
const fileOf = ({ file }: KeptResult) => (file === null ? null : { ...file, relativePath: undefined });

/** Of whoever may not read results: the hash of each, and nothing that it says. */
function withheld(request: string, { what, title, content }: Source): readonly LeftOut[] {
  if (Buffer.isBuffer(content)) return [];
  return [{ request, what, title, sha256: content.sha256, size: content.size, reason: 'notEntitled' }];
}
