import {verdictTones, type McpCall} from '../../core/call.ts';
import {formatBytes, printable} from '../../core/text.ts';
import {eventSigns} from './events.ts';
import {emptyRow, formatClock, formatMs, none} from './figures.ts';
import type {Model} from './model.ts';
import {h, remember, type Still, type Tree} from './tree.ts';

const cell = (value: string, kind?: string): Tree => h('td', {class: kind, title: value}, value);

const row = remember((call: McpCall): Tree => {
	const {id, at, method, subject = '', target, ms, bytesOut, verdict, code, attempts, client = '', session} = call;
	const iso = new Date(at).toISOString();
	const tone = verdictTones[verdict];
	const word = `${eventSigns[tone]} ${verdict}${code === undefined ? '' : ` ${code}`}${attempts > 1 ? ` ×${attempts}` : ''}`;
	return h(
		'tr',
		{'data-key': `call ${id}`},
		h('td', {class: 'soft'}, h('time', {datetime: iso, title: iso}, formatClock(at))),
		cell(printable(method, 60)),
		cell(printable(subject, 200), 'tool'),
		cell(target ?? none),
		cell(formatMs(ms), 'number'),
		cell(bytesOut === 0 ? none : formatBytes(bytesOut), 'number'),
		h('td', {class: `verdict ${tone}`, title: attempts > 1 ? `Sent ${attempts} times: a target did not answer` : undefined}, word),
		cell(`${printable(client, 60)}${session === undefined ? '' : ` #${session}`}`, 'soft'),
	);
});

/** The newest MCP requests, newest first. */
export const trafficTable = ({calls, state, callFilter}: Model, still: Still): Tree => {
	const total = state.calls.length;
	return h(
		'section',
		{class: 'card traffic', 'aria-labelledby': 'traffic-title'},
		h(
			'div',
			{class: 'section-head'},
			h('h2', {id: 'traffic-title'}, 'Traffic', h('span', {class: 'count'}, callFilter === '' ? 'newest first' : `${calls.length} of ${total}`)),
			still('callFilter'),
		),
		h(
			'div',
			{class: 'scroll', tabindex: 0, role: 'region', 'aria-labelledby': 'traffic-title'},
			h(
				'table',
				{},
				still('callCaption'),
				still('callHead'),
				h('tbody', {}, ...calls.map(call => row(call)), calls.length === 0 && emptyRow(total, callFilter, 'No MCP request has gone through yet.')),
			),
		),
	);
};
