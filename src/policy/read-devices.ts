import { mostDevices } from '../request/batch/batch';
import type { BarSpec, DevicesSpec } from './policy';
import type { Field, YamlReader } from './read-yaml';

const usualCanary = 1;
const usualStopAt: DevicesSpec['stopAt'] = { type: 'count', value: 3 };
const mostOpen = 10;

/** Reads what a rule says of several devices under one decision; nothing where it says nothing, so that it is off unless it is written down. */
export function readDevices(yaml: YamlReader, field: Field | undefined): Pick<BarSpec, 'devices'> {
  const keys = field === undefined ? null : yaml.keys(field, ['most', 'canary', 'stopAt', 'goOn', 'open']);
  if (field === undefined || keys === null) return {};
  const mostField = keys.get('most');
  if (mostField === undefined) {
    yaml.fault(field, `needs most: how many devices one decision may be about, at most ${mostDevices}`);
    return {};
  }
  const most = yaml.wholeNumber(mostField, { min: 2, max: mostDevices });
  if (most === null) return {};
  const canary = readNumber(yaml, keys.get('canary'), most) ?? usualCanary;
  const goOn = keys.get('goOn');
  const open = keys.get('open');
  return {
    devices: {
      most,
      canary,
      stopAt: readStopAt(yaml, keys.get('stopAt'), most) ?? usualStopAt,
      goOn: goOn === undefined ? false : (yaml.flag(goOn) ?? false),
      open: open === undefined ? 1 : (yaml.wholeNumber(open, { min: 1, max: mostOpen }) ?? 1),
    },
  };
}

const readNumber = (yaml: YamlReader, field: Field | undefined, max: number): number | null =>
  field === undefined ? null : yaml.wholeNumber(field, { min: 1, max });

/** A number of failures, or a share of the devices such as 10%. */
function readStopAt(yaml: YamlReader, field: Field | undefined, most: number): DevicesSpec['stopAt'] | null {
  if (field === undefined) return null;
  const text = yaml.isText(field) ? yaml.text(field, 10, 'a number of failures or a share such as 10%') : null;
  if (!yaml.isText(field)) {
    const value = yaml.wholeNumber(field, { min: 1, max: most });
    return value === null ? null : { type: 'count', value };
  }
  const percent = Number(/^(\d{1,3})\s?%$/.exec(text ?? '')?.[1] ?? Number.NaN);
  if (percent >= 1 && percent <= 100) return { type: 'percent', value: percent };
  return yaml.fault(field, `must be a number of failures from 1 to ${most}, or a share from 1% to 100%`);
}
