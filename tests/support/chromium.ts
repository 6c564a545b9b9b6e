import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';

/** For the `skip` of a suite: why it cannot run here, or false. */
export const withoutChromium: string | false = existsSync(CHROMIUM)
  ? false
  : `${CHROMIUM} is missing; npm test installs it when it runs as root`;

/** Headless, asking nothing of the network by itself. Close it at the end. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export interface OpenOptions {
  baseURL: string;
  width?: number;
  height?: number;
  /** Called with what the page threw, and with what its content security policy refused. */
  onComplaint: (complaint: string) => void;
}

/** Opens a path in a context of its own, with empty storage; end it by `page.context().close()`. */
export async function openPage(
  browser: Browser,
  path: string,
  { baseURL, width = 1_440, height = 900, onComplaint }: OpenOptions,
): Promise<Page> {
  const context = await browser.newContext({ viewport: { width, height }, baseURL });
  const page = await context.newPage();
  page.on('pageerror', (error) => onComplaint(`${path}: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && /Content Security Policy|Refused to/.test(message.text()))
      onComplaint(`${path}: ${message.text()}`);
  });
  await page.goto(path);
  return page;
}
