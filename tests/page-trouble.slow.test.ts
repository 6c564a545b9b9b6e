/** The page when something is wrong: no login, a session that ends, a slow or silent server, a wrong clock. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { withoutChromium } from './support/chromium.ts';
import { pageUnderTest } from './support/page-under-test.ts';

describe('the page in trouble', { skip: withoutChromium, timeout: 240_000 }, () => {
  const subject = pageUnderTest(['--host', '0.0.0.0']);
  const { open } = subject;
  let password: string;
  before(() => {
    const output = subject.server.output();
    password = /Login {3}\S+\n\s+(\S+)/.exec(output)?.[1] ?? assert.fail(output);
  });

  async function openLoggedIn(path: string): Promise<Page> {
    const page = await open(path);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.keyboard.press('Enter');
    await page.getByRole('navigation', { name: 'Screens' }).first().waitFor();
    return page;
  }

  test('the login takes the keyboard only, says what is wrong, and leads back to where one was', async () => {
    const page = await open('/logs?query=level:error');
    const box = page.getByLabel('Password', { exact: true });
    await box.waitFor();
    assert.equal(await page.title(), 'Log in · Breakwater');
    assert.equal(await page.evaluate('document.activeElement.name'), 'password');
    assert.equal(await page.getByLabel('User').inputValue(), 'admin');

    await page.keyboard.type('bw_ingest_0123');
    assert.match(await page.getByRole('main').innerText(), /This is a key for programs/);
    await page.keyboard.press('Enter');
    assert.equal(await page.getByRole('alert').innerText(), 'User or password is wrong.');
    // What was typed is selected: the next password replaces it.
    await page.keyboard.insertText(` ${password} `);
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.pathname === '/logs');
    assert.equal(new URL(page.url()).searchParams.get('query'), 'level:error');
    const [cookie] = await page.context().cookies();
    assert.ok(cookie?.httpOnly && cookie.sameSite === 'Strict');

    await page.getByRole('status', { name: 'Server: Connected' }).waitFor();
    await page.context().clearCookies();
    await page.waitForURL((url) => url.pathname === '/login');
    await page.getByText('Your session has ended').waitFor();
    await page.context().close();
  });

  test('a read that takes long says so, and can be stopped and begun again', async () => {
    const page = await openLoggedIn('/settings');
    const asked: string[] = [];
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    await page.route(/\/api\/v1\/logs\?/, async (route) => {
      asked.push(route.request().url());
      if (asked.length === 1) await held;
      // The page went on without the first one.
      await route.continue().catch(() => undefined);
    });
    await page.goto('/logs');
    await page.getByText(/Reading for \d+ s/).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('heading', { name: 'Cancelled' }).waitFor();
    assert.equal(asked.length, 1);
    await page.getByRole('button', { name: 'Read again' }).click();
    await page.getByRole('heading', { name: 'Cancelled' }).waitFor({ state: 'detached' });
    await page.getByText('Send your first telemetry').waitFor();
    release();
    await page.context().close();
  });

  test('a server that takes connections and says nothing is told, with the time of what is seen', async () => {
    const page = await openLoggedIn('/incidents');
    await page.getByText('No incident is open').waitFor();
    await page.route('**/api/v1/**', () => undefined);
    await page.getByText(/The server does not answer\. What you see is from \d\d:\d\d:\d\d\./).waitFor();
    assert.ok(await page.getByText('No incident is open').isVisible());
    await page.unroute('**/api/v1/**');
    await page.getByRole('status', { name: 'Server: Connected' }).waitFor();
    await page.context().close();
  });

  test('a clock that is wrong by minutes is told', async () => {
    const page = await openLoggedIn('/incidents');
    assert.equal(await page.getByText("This device's clock").count(), 0);
    await page.route('**/api/v1/status', async (route) => {
      const response = await route.fetch();
      const date = new Date(Date.now() + 600_000).toUTCString();
      await route.fulfill({ response, headers: { ...response.headers(), date } });
    });
    await page.getByText(/This device's clock is (9m 5\ds|10m) behind the server's/).waitFor();
    await page.context().close();
  });

  test('a query with hidden characters is marked', async () => {
    const page = await openLoggedIn(`/logs?query=${encodeURIComponent('paid \u202Enwod')}`);
    await page.getByText('This text holds hidden characters: U+202E (right-to-left override)').waitFor();
    await page.context().close();
    assert.deepEqual(subject.complaints, []);
  });
});
