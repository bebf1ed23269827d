import type {TargetDocument} from '../client/shapes.ts';
import type {CliCommand} from './kit/command.ts';
import {createFilter} from './kit/filter.ts';
import {columns} from './kit/columns.ts';
import {cell, type Output} from './kit/output.ts';
import {openSource} from './kit/source.ts';
import {paintState, percent} from './kit/words.ts';

const ms = (value: number | null): string => value === null ? '-' : `${Math.round(value)}ms`;

const words = (items: readonly TargetDocument[], out: Output): string => {
	const isWide = out.format === 'wide';
	const hasMcp = items.some(({catalogue, sessions}) => catalogue !== null || sessions > 0);
	const busy = isWide ? ['REQ/S', 'ERR', 'P95', 'IN FLIGHT', 'WATCHED BY'] : [];
	const head = ['', 'NAME', 'STATE', 'PRIORITY', 'PROBE', ...(hasMcp ? ['TOOLS', 'SESS'] : []), ...busy, 'URL', ...(isWide ? ['FAULT'] : [])];
	const rows = items.map(({name, isActive, state, priority, latencyMs, url, probe, failure, traffic, note, catalogue, sessions}) => [
		isActive ? '*' : '',
		cell(name),
		paintState(out, state),
		String(priority),
		ms(latencyMs),
		...(hasMcp ? [String(catalogue?.tools.length ?? '-'), String(sessions)] : []),
		...(isWide ? [traffic.perSecond.toFixed(1), percent(traffic.errorRatio), ms(traffic.p95Ms), String(traffic.inFlight), cell(probe)] : []),
		cell(url),
		...(isWide ? [cell(failure?.message ?? note)] : []),
	]);
	return columns([head.map(title => out.paint('bold', title)), ...rows]);
};

export const list: CliCommand = {
	name: 'list',
	alias: 'ls',
	summary: 'The targets in failover order, the active one marked *',
	details: `Works without a running proxy too, through the settings and the lock file, and says so.
A filter is words that must all match: key:value, or a part of name or URL; ! negates.
Keys: name, url, state, health, admin, active, probe.`,
	flags: ['filter'],
	examples: [
		['pmcp ls -o name --filter state:up | head -1', 'the best target that is up'],
		['pmcp list --json', 'the same document as GET /api/proxy/targets'],
	],
	async run(context) {
		const {flags, out} = context;
		const matches = createFilter(flags.filter);
		const {getTargets} = await openSource(context);
		const document = await getTargets();
		const items = document.items.filter(target => matches(target));
		if (out.format === 'name' || out.format === 'jsonl') {
			for (const item of items) {
				out.line(out.format === 'name' ? cell(item.name) : JSON.stringify(item));
			}

			return;
		}

		const none = document.items.length === 0 ? 'no targets: add some under `proxy.targets` of the settings' : `0 of ${document.items.length} targets match`;
		out.show({...document, items}, () => items.length === 0 ? none : words(items, out));
	},
};
