import {h, type Still, type StillPart, type Tree} from './tree.ts';

type Column = Readonly<{title: string; sort?: string; isNumber?: boolean; hint?: string}>;

/** Of the targets' table; the keys of `sort` are those of the model. */
const columns: readonly Column[] = [
	{title: '#', sort: 'order', isNumber: true, hint: 'failover order'},
	{title: 'Target', sort: 'name'},
	{title: 'State', sort: 'state', hint: 'troubles first'},
	{title: 'Probe', sort: 'probe', isNumber: true, hint: 'the last probe, slowest first'},
	{title: 'Last probes'},
	{title: 'Checked', isNumber: true},
	{title: 'Req/s', sort: 'rate', isNumber: true},
	{title: 'Errors', sort: 'errors', isNumber: true},
	{title: 'p95', sort: 'p95', isNumber: true, hint: 'until the response head, of its traffic'},
	{title: 'In flight', sort: 'flight', isNumber: true},
	{title: 'Tools', isNumber: true},
	{title: 'Actions'},
];

const callColumns: readonly Column[] = [
	{title: 'Time'},
	{title: 'Method'},
	{title: 'Tool, resource'},
	{title: 'Target'},
	{title: 'Took', isNumber: true},
	{title: 'Size', isNumber: true},
	{title: 'Verdict'},
	{title: 'Client'},
];

/** The script moves arrow and `aria-sort` when the reader sorts. */
const sortButton = ({title, sort, hint}: Column): Tree => h(
	'button',
	{type: 'button', 'data-do': 'sort', 'data-sort': sort, title: `Sort by ${hint ?? title.toLowerCase()}`},
	title,
	h('i', {class: 'arrow', 'aria-hidden': 'true'}, sort === 'order' ? '▲' : ''),
);

const heading = (column: Column): Tree => h(
	'th',
	{scope: 'col', class: column.isNumber ? 'number' : undefined, 'aria-sort': column.sort === 'order' ? 'ascending' : undefined},
	column.sort === undefined ? column.title : sortButton(column),
);

const headings = (all: readonly Column[]): Tree => h('thead', {}, h('tr', {}, ...all.map(column => heading(column))));

const caption = (words: string): Tree => h('caption', {class: 'hidden'}, words);

const field = (id: string, label: string, placeholder: string): Tree => h('input', {type: 'search', id, placeholder, 'aria-label': label, autocomplete: 'off', spellcheck: 'false'});

const brand = (url: string): Tree => h(
	'div',
	{class: 'brand'},
	h(
		'svg',
		{class: 'mark', viewBox: '0 0 24 24', width: 22, height: 22, 'aria-hidden': 'true'},
		h('path', {d: 'M2 12h7M15 6h7M15 18h7M9 12l6-6M9 12l6 6'}),
		h('circle', {cx: 9, cy: 12, r: 2.5}),
	),
	h('h1', {}, 'Proxy MCP'),
	h('code', {class: 'listen', title: 'Where clients connect'}, url),
);

const facts = (version: string): Tree => h(
	'span',
	{class: 'facts'},
	h('span', {}, `pmcp ${version}`),
	...['/api/proxy/status', '/api/proxy/targets', '/metrics'].map(path => h('a', {href: path}, path)),
	h('span', {}, 'This page makes no outside requests.'),
);

/** What the server alone draws, so that the script need not know it. */
export const stillParts = ({url, version}: Readonly<{url: string; version: string}>): Still => {
	const parts: Readonly<Record<StillPart, Tree>> = {
		brand: brand(url),
		theme: h('button', {type: 'button', class: 'quiet', 'data-do': 'theme', id: 'theme'}, 'Theme'),
		keys: h('button', {type: 'button', class: 'quiet', 'data-do': 'help', 'aria-haspopup': 'dialog'}, 'Keys'),
		filter: field('filter', 'Filter targets', 'Filter: state:down, prod*, !name'),
		caption: caption('Targets with their health and traffic. Arrow keys move between rows.'),
		head: headings(columns),
		callFilter: field('call-filter', 'Filter traffic', 'Filter: status:error, tool:add'),
		callCaption: caption('The newest MCP requests'),
		callHead: headings(callColumns),
		eventHead: h('div', {class: 'section-head'}, h('h2', {id: 'events-title'}, 'Events'), h('span', {class: 'soft'}, 'newest first')),
		facts: facts(version),
	};
	return part => parts[part];
};
