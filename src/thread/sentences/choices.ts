import { visible, visibleCode } from '../../lib/visible';
import type { Device, LibraryFile } from '../../request/request';
import type { Choice } from '../kit/button';
import { cutAt } from '../kit/line';
import { formatDuration, parseDefenderTime } from '../kit/words';

/** What a form's lists are filled from while a person types. */
export const datasets = ['devices', 'library', 'paths'] as const;
export type Dataset = (typeof datasets)[number];

/** Teams shows no more than fifteen ("Typeahead search in Adaptive Cards"). */
export const mostChoices = 15;

/** What was typed, as it is: a list that cannot be left would keep people from what it does not know. */
export const asTyped = (text: string): Choice => ({ title: `${cutAt(visible(text), 100)} · as typed`, value: text });

/** The devices that `text` may begin, an exact name first. Two of one name are told apart by their ids, so that nobody takes one for the other. */
export function deviceChoices(devices: readonly Device[], text: string, now: number): readonly Choice[] {
  const sought = text.trim().toLowerCase();
  const rank = ({ name }: Device): number => {
    const lower = name.toLowerCase();
    return lower === sought ? 0 : lower.split('.')[0] === sought ? 1 : 2;
  };
  const names = devices.map(({ name }) => name.toLowerCase());
  const isAlone = ({ name }: Device) => names.filter((other) => other === name.toLowerCase()).length === 1;
  return [...devices]
    .sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    .slice(0, mostChoices)
    .map((device) => ({
      title: deviceTitle(device, now),
      value: isAlone(device) ? device.name : device.machineId,
    }));
}

/** Name, health and last report: enough to know the device that is meant from one that is gone. */
function deviceTitle(device: Device, now: number): string {
  const seenAt = parseDefenderTime(device.lastSeen);
  return [
    cutAt(visibleCode(device.name), 80),
    ...[device.osPlatform, device.healthStatus].flatMap((fact) => (fact ? [cutAt(visible(fact), 30)] : [])),
    seenAt === null ? 'no report listed' : `seen ${formatDuration(now - seenAt)} ago`,
  ].join(' · ');
}

/** The library files with `text` in their name, those that begin with it first. */
export function libraryChoices(files: readonly LibraryFile[], text: string): readonly Choice[] {
  const sought = text.trim().toLowerCase();
  const at = ({ fileName }: LibraryFile) => Math.min(1, fileName.toLowerCase().indexOf(sought));
  return files
    .filter((file) => at(file) >= 0)
    .sort((a, b) => at(a) - at(b) || (a.fileName < b.fileName ? -1 : 1))
    .slice(0, mostChoices)
    .map((file) => ({ title: fileTitle(file), value: file.fileName }));
}

const fileTitle = ({ fileName, description, hasParameters, parametersDescription }: LibraryFile): string =>
  [
    cutAt(visibleCode(fileName), 80),
    ...(description ? [cutAt(visible(description), 60)] : []),
    ...(hasParameters
      ? [`takes ${parametersDescription ? cutAt(visible(parametersDescription), 60) : 'arguments'}`]
      : []),
  ].join(' · ');

/** Names that need no asking: what was used or found before. */
export const plainChoices = (names: readonly string[]): readonly Choice[] =>
  [...new Set(names)].slice(0, mostChoices).map((name) => ({ title: cutAt(visible(name), 150), value: name }));
