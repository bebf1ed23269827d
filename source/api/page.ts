import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import type {Feed} from '../client/feed.ts';
import {AppError} from '../core/errors.ts';
import type {Exchange} from '../http/exchange.ts';
import {send} from '../http/reply.ts';
import {callsShown, iconOf, titleOf} from './page/model.ts';
import {stillParts} from './page/still.ts';
import {escapeHtml, toHtml} from './page/tree.ts';
import {firstModel, view} from './page/view.ts';

/** Made by `web/build.ts`. */
const file = new URL('../../web/index.html', import.meta.url);

const hashOf = (html: string, tag: 'script' | 'style'): string => {
	const start = html.indexOf(`<${tag}>`) + tag.length + 2;
	return `'sha256-${createHash('sha256').update(html.slice(start, html.indexOf(`</${tag}>`, start))).digest('base64')}'`;
};

/** Only the page's own script and style run, it speaks to its own origin alone, and nobody frames it. */
const policyOf = (html: string): string => [
	'default-src \'none\'',
	`script-src ${hashOf(html, 'script')}`,
	`style-src ${hashOf(html, 'style')}`,
	'connect-src \'self\'',
	'img-src data:',
	'base-uri \'none\'',
	'form-action \'self\'',
	'frame-ancestors \'none\'',
].join('; ');

/** As many events as the page lists. */
const newsSent = 120;

type Template = Readonly<{html: string; policy: string}>;

const load = (): Template => {
	try {
		const html = readFileSync(file, 'utf8');
		return {html, policy: policyOf(html)};
	} catch (error) {
		throw new AppError('FAILED', 'The page was not built.', {cause: error, hint: 'Run `npm run build`.'});
	}
};

/** JSON that can not end the element it stands in. */
const inert = (value: unknown): string => JSON.stringify(value).replaceAll('<', String.raw`\u003c`);

/** The page at `/ui`: one document with the current state already drawn in it, so that it is right before any script runs. */
export const createPage = ({feed, url, version}: Readonly<{feed: Feed; url: string; version: string}>): ((exchange: Exchange) => void) => {
	let template: Template | undefined;
	const still = stillParts({url, version});

	return exchange => {
		template ??= load();
		const frame = feed.snapshot();
		const model = firstModel({state: frame.state, news: frame.news, now: Date.parse(frame.at)});
		const parts: Readonly<Record<string, string>> = {
			title: escapeHtml(titleOf(model)),
			icon: escapeHtml(iconOf(model)),
			view: toHtml(view(model, still)),
			// A script that connects gets the rest; older news and calls are not shown.
			data: inert({frame: {...frame, state: {...frame.state, calls: frame.state.calls.slice(-callsShown)}, news: frame.news.slice(-newsSent)}}),
		};
		const headers = [
			'Content-Type',
			'text/html; charset=utf-8',
			'Content-Security-Policy',
			template.policy,
			'X-Content-Type-Options',
			'nosniff',
			'Cache-Control',
			'no-store',
			'Referrer-Policy',
			'no-referrer',
			'Cross-Origin-Opener-Policy',
			'same-origin',
		];
		// In one pass, so that a mark in some target's name is never filled.
		send(exchange, 200, headers, template.html.replaceAll(/<!--(?<mark>title|icon|view|data)-->/gv, (whole, mark: string) => parts[mark] ?? whole));
	};
};
