import { incorrect, missing } from './actions/run-body';
import { type Answer, json, refuse } from './answer';
import type { Call } from './call';
import { libraryFileToJson } from './library';
import { type Part, parseMultipart } from './multipart';
import type { World } from './world';

/** "File max size limitation is 20MB" (upload-library). */
export const maxUploadBytes = 20 * 1_024 * 1_024;

export const listLibrary = (world: World): Answer =>
  json(200, {
    '@odata.context': `${world.url}/api/$metadata#LibraryFiles`,
    value: world.library.files.map(libraryFileToJson),
  });

/** The part is named `file` as in the sample and in every client, although the table says `File`; booleans are text (upload-library). */
export function uploadLibraryFile(world: World, call: Call): Answer {
  const parts = parseMultipart(call.headers['content-type'], call.body);
  if (parts === null) return incorrect();
  const file = parts.find((part) => part.name === 'file');
  if (file?.fileName === undefined || file.fileName === null || file.fileName === '') return missing('file');
  if (!/^[A-Za-z0-9._-]+$/.test(file.fileName)) return refuse(400, 'InvalidInput', `Invalid input ${file.fileName}.`);
  if (file.content.length > maxUploadBytes)
    return refuse(400, 'BadRequest', 'The file is larger than the maximum of 20 MB.');

  const [hasParameters, override] = [readFlag(parts, 'HasParameters'), readFlag(parts, 'OverrideIfExists')];
  if (hasParameters === null || override === null) return incorrect();
  if (!override && world.library.find(file.fileName) !== null) {
    return refuse(400, 'BadRequest', `File ${file.fileName} already exists in the library.`);
  }
  const parametersDescription = readText(parts, 'ParametersDescription');
  const stored = world.library.put(
    {
      fileName: file.fileName,
      content: file.content,
      description: readText(parts, 'Description'),
      hasParameters,
      ...(parametersDescription === null ? {} : { parametersDescription }),
      createdBy: call.caller.name,
    },
    call.now,
  );
  return json(200, {
    '@odata.context': `${world.url}/api/$metadata#LibraryFiles/$entity`,
    ...libraryFileToJson(stored),
  });
}

export function deleteLibraryFile(world: World, call: Call): Answer {
  const { fileName = '' } = call.route.params;
  if (world.library.remove(fileName)) return { status: 204 };
  return refuse(404, 'ResourceNotFound', `Library file ${fileName} was not found`);
}

const readText = (parts: readonly Part[], name: string): string | null => {
  const text = parts.find((part) => part.name === name)?.content.toString('utf8') ?? '';
  return text === '' ? null : text;
};

function readFlag(parts: readonly Part[], name: string): boolean | null {
  const text = (readText(parts, name) ?? 'false').toLowerCase();
  return text === 'true' ? true : text === 'false' ? false : null;
}
