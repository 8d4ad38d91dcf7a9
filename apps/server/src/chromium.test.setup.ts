import { existsSync } from 'node:fs';
import process from 'node:process';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const found = [process.env.CHROMIUM_PATH ?? '', ...PLACES].find(existsSync);
const isNeeded = process.env.TRESTLE_REQUIRE_CHROMIUM === '1';

/** Whether the browser's tests are left out here; where there must be a browser they fail instead. */
export const isWithoutChromium = found === undefined && !isNeeded;
if (isWithoutChromium) {
  process.stderr.write(
    'The tests in a browser are skipped: no Chromium (apt-get install chromium, or set CHROMIUM_PATH).\n',
  );
}

/** Where the browser is. */
export function chromiumPath(): string {
  if (found === undefined)
    throw new RangeError('No Chromium, and TRESTLE_REQUIRE_CHROMIUM says that there must be one.');
  return found;
}
