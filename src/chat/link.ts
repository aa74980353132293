/** True when a link only repeats its text: what Teams makes of a name with dots, an address or a mailbox. */
export function isSameAddress(text: string, address: string): boolean {
  return bareAddress(text) === bareAddress(address);
}

const bareAddress = (address: string): string =>
  address
    .trim()
    .replace(/^(?:https?:\/\/|mailto:)/i, '')
    .replace(/\/$/, '')
    .toLowerCase();
