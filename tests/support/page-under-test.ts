import { after, before } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launchChromium, openPage } from './chromium.ts';
import { type ServerProcess, startServerProcess, temporaryFolder } from './server-process.ts';

export interface PageUnderTest {
  readonly dataDir: string;
  /** Running from before the first test to after the last; a test that kills it puts another here. */
  server: ServerProcess;
  /** What the pages threw, and what their content security policy refused. */
  readonly complaints: readonly string[];
  /** Opens a path in a context of its own; end it by `page.context().close()`. */
  open(path: string, width?: number): Promise<Page>;
}

/**
 * A real server with an empty store, and Chromium to look at its page with. Called in a suite: its hooks start both and
 * end them. `args` are those of the server; the page is asked for on 127.0.0.1, whatever the server listens on.
 */
export function pageUnderTest(args: readonly string[] = []): PageUnderTest {
  const folder = temporaryFolder();
  const complaints: string[] = [];
  let server: ServerProcess | undefined;
  let browser: Browser | undefined;
  before(async () => {
    server = await startServerProcess(folder.path, args);
    browser = await launchChromium();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    folder.remove();
  });
  return {
    dataDir: folder.path,
    complaints,
    get server() {
      return server!;
    },
    set server(next) {
      server = next;
    },
    open(path, width) {
      return openPage(browser!, path, {
        baseURL: `http://127.0.0.1:${new URL(server!.pageUrl).port}`,
        onComplaint: (complaint) => void complaints.push(complaint),
        ...(width !== undefined && { width }),
      });
    },
  };
}
