import { DefenderError } from '../../defender/errors';
import { mostNames, parseMachineQuery } from '../../defender/machine-query';
import { type Clock, minutes, seconds } from '../../lib/clock';
import type { Device, LibraryFile } from '../../request/request';
import type { PersonReads } from './people-reads';

/** Devices and library files while a person types: at most one call to Defender for what nobody has typed lately. */
export interface Typeahead {
  /** Devices that `text` may begin; none below two characters, and none when Defender cannot be read now. */
  devices(text: string, reads: PersonReads): Promise<readonly Device[]>;
  /** The whole library; empty when it cannot be read now. */
  library(reads: PersonReads): Promise<readonly LibraryFile[]>;
}

interface Kept<T> {
  readonly items: Promise<readonly T[]>;
  readonly at: number;
}

/** As long as somebody fills in a form. What is asked in the end is read anew. */
const devicesForMs = seconds(30);
const libraryForMs = minutes(1);
const mostKept = 200;
/** With one letter, half of a tenant is meant. */
const leastTyped = 2;
const wholeLibrary = '';

export function createTypeahead({ clock }: { readonly clock: Clock }): Typeahead {
  const devices = new Map<string, Kept<Device>>();
  const libraries = new Map<string, Kept<LibraryFile>>();

  /** One call for all who ask the same at a time; what failed is asked again the next time. */
  function once<T>(kept: Map<string, Kept<T>>, key: string, keepForMs: number, read: () => Promise<readonly T[]>) {
    const known = fresh(kept, key, keepForMs);
    if (known !== null) return known;
    const asked: Kept<T> = { items: read(), at: clock.now() };
    const [oldest] = kept.keys();
    if (kept.size >= mostKept && oldest !== undefined) kept.delete(oldest);
    kept.delete(key);
    kept.set(key, asked);
    return asked.items.catch((error: unknown) => {
      if (kept.get(key) === asked) kept.delete(key);
      if (error instanceof DefenderError) return [];
      throw error;
    });
  }

  function fresh<T>(kept: Map<string, Kept<T>>, key: string, keepForMs: number): Promise<readonly T[]> | null {
    const known = kept.get(key);
    const age = known === undefined ? keepForMs : clock.now() - known.at;
    return known !== undefined && age >= 0 && age < keepForMs ? known.items.catch(() => []) : null;
  }

  /** All whose names begin with less of it are known already: then nobody needs to be asked. */
  async function among(name: string): Promise<readonly Device[] | null> {
    for (let length = name.length - 1; length >= leastTyped; length--) {
      const shorter = await fresh(devices, name.slice(0, length), devicesForMs);
      if (shorter !== null && shorter.length > 0 && shorter.length < mostNames)
        return shorter.filter((device) => device.name.toLowerCase().startsWith(name));
    }
    return null;
  }

  return {
    async devices(text, reads) {
      const query = parseMachineQuery(text);
      switch (query.type) {
        case 'name': {
          if (query.name.length < leastTyped) return [];
          const known = fresh(devices, query.name, devicesForMs) ?? (await among(query.name));
          return known ?? once(devices, query.name, devicesForMs, () => reads.machinesBeginning(query.name));
        }
        case 'machineId':
        case 'entraDeviceId':
        case 'ip':
          return once(devices, text.trim().toLowerCase(), devicesForMs, () => reads.findMachines(text));
        case 'tag':
        case 'group':
        case 'nothing':
          return [];
      }
    },
    library: (reads) => once(libraries, wholeLibrary, libraryForMs, () => reads.listLibrary()),
  };
}
