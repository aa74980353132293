import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const places = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/chromium-browser'];

/** Where a Chromium is; null when this machine has none. */
export const chromiumPath: string | null =
  places.find((path): path is string => path !== undefined && path !== '' && existsSync(path)) ?? null;

export const noChromium =
  'No Chromium was found, so nothing was looked at in a browser. Install one (Debian: apt-get install -y chromium) or set CHROMIUM_PATH to one, and run npm run test:browser again.';

export function launchChromium(): Promise<Browser> {
  if (chromiumPath === null) throw new Error(noChromium);
  const args = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync'];
  return chromium.launch({ executablePath: chromiumPath, args });
}
