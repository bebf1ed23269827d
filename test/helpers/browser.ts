import type {ExecutionContext} from 'ava';
import {chromium, type Browser, type BrowserContext, type Page} from 'playwright-core';

/** Debian's Chromium, without what would make it look outside. */
const options = {
	executablePath: '/usr/bin/chromium',
	args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
};

let launched: Promise<Browser> | undefined;

/** One browser for all tests of a file; `closeBrowser` ends it. */
export const launch = async (): Promise<Browser> => {
	launched ??= chromium.launch(options);
	return launched;
};

export const closeBrowser = async (): Promise<void> => {
	const browser = await launched;
	await browser?.close();
};

export type Opened = Readonly<{
	page: Page;
	context: BrowserContext;
	/** Every address the page asked for. */
	requests: string[];
	/** What the page complained of: errors, and what its policy forbade. */
	complaints: string[];
}>;

/** A page of its own in a fresh context. */
export const openPage = async (t: ExecutionContext, url: string, settings: Parameters<Browser['newContext']>[0] = {}): Promise<Opened> => {
	const browser = await launch();
	const context = await browser.newContext(settings);
	t.teardown(async () => {
		await context.close();
	});
	const page = await context.newPage();
	const requests: string[] = [];
	const complaints: string[] = [];
	page.on('request', request => {
		requests.push(request.url());
	});
	page.on('console', message => {
		if (message.type() === 'error') {
			complaints.push(message.text());
		}
	});
	page.on('pageerror', error => {
		complaints.push(error.message);
	});
	await page.goto(url);
	return {page, context, requests, complaints};
};
