import { createHash } from 'node:crypto';
import type { DeviceFile } from './device';
import { formatTimestamp } from './timestamp';

/** What a script does on every device; declared, never executed. */
export interface ScriptBehaviour {
  /** What it prints, without the transcript banner; a function gets the argument string. */
  readonly output?: string | ((args: string | null) => string);
  readonly errors?: string;
  readonly exitCode?: number;
  readonly durationMs?: number;
  /** The command itself fails with this reason, as when the agent cannot start the script. */
  readonly fails?: string;
  /** Files that it leaves on the device when it ends. */
  readonly creates?: (args: string | null) => readonly DeviceFile[];
}

export interface LibraryFileSpec {
  readonly fileName: string;
  readonly content?: string | Uint8Array;
  readonly description?: string | null;
  readonly hasParameters?: boolean;
  readonly parametersDescription?: string;
  readonly createdBy?: string;
  /** When it was put there, if not now. */
  readonly updatedAt?: number;
  readonly behaviour?: ScriptBehaviour;
}

export interface LibraryFile {
  readonly fileName: string;
  readonly content: Uint8Array;
  readonly sha256: string;
  readonly description: string | null;
  readonly hasParameters: boolean;
  readonly parametersDescription: string | null;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly behaviour: ScriptBehaviour;
}

/** The live response library of the tenant: one namespace for every caller. */
export class Library {
  readonly #files = new Map<string, LibraryFile>();

  get files(): readonly LibraryFile[] {
    return [...this.#files.values()];
  }

  /** File names match without regard to case, as on the devices that they go to [I]. */
  find(fileName: string): LibraryFile | null {
    return this.#files.get(fileName.toLowerCase()) ?? null;
  }

  /** Adds a file or replaces the one of that name, whose creation time stays. */
  put(spec: LibraryFileSpec, now: number): LibraryFile {
    const before = this.find(spec.fileName);
    const content =
      typeof spec.content === 'string'
        ? Buffer.from(spec.content)
        : (spec.content ?? Buffer.from(`# ${spec.fileName}\n`));
    const file: LibraryFile = {
      fileName: before?.fileName ?? spec.fileName,
      content,
      sha256: createHash('sha256').update(content).digest('hex'),
      description: spec.description ?? null,
      hasParameters: spec.hasParameters ?? false,
      parametersDescription: spec.parametersDescription ?? null,
      createdBy: spec.createdBy ?? 'admin',
      createdAt: before?.createdAt ?? spec.updatedAt ?? now,
      updatedAt: spec.updatedAt ?? now,
      behaviour: spec.behaviour ?? {},
    };
    this.#files.set(spec.fileName.toLowerCase(), file);
    return file;
  }

  remove(fileName: string): boolean {
    return this.#files.delete(fileName.toLowerCase());
  }
}

/** A library file as the API writes it: `parametersDescription` is absent when there is none (resp-libraryfiles-list-doc.json). */
export const libraryFileToJson = (file: LibraryFile): Readonly<Record<string, unknown>> => ({
  fileName: file.fileName,
  sha256: file.sha256,
  description: file.description,
  creationTime: formatTimestamp(file.createdAt, `${file.fileName} created`),
  lastUpdatedTime: formatTimestamp(file.updatedAt, `${file.fileName} updated`),
  createdBy: file.createdBy,
  hasParameters: file.hasParameters,
  ...(file.parametersDescription === null ? {} : { parametersDescription: file.parametersDescription }),
});
