import test from 'ava';
import {parseCallFilter} from '../../source/core/call-filter.ts';
import {mcpCall} from '../helpers/core.ts';

const calls = [
	mcpCall({id: 1}),
	mcpCall({id: 2, subject: 'create_ticket', verdict: 'tool', target: 'b'}),
	mcpCall({id: 3, method: 'tools/list', subject: undefined, client: 'cursor'}),
	mcpCall({id: 4, method: 'resources/read', subject: 'file:///read me.md', verdict: 'rpc', code: -32_002, client: undefined}),
	mcpCall({id: 5, verdict: 'net', target: undefined, session: undefined}),
];

for (const [filter, ids] of [
	['', [1, 2, 3, 4, 5]],
	['method:tools/call', [1, 2, 5]],
	['method:tools/*', [1, 2, 3, 5]],
	['method:tools', [1, 2, 3, 5]],
	['METHOD:Tools/L*', [3]],
	['tool:add', [1, 5]],
	['!tool:add', [2, 3, 4]],
	['tool:!add', [2, 3, 4]],
	['!tool:!add', [1, 5]],
	['target:b', [2]],
	['status:ok', [1, 3]],
	['status:!ok', [2, 4, 5]],
	['status:error', [2, 4, 5]],
	['status:-32002', [4]],
	['client:cursor', [3]],
	['session:abcd', [1, 2, 3, 4]],
	['method:tools/call !status:ok target:b', [2]],
	['ticket', [2]],
	['!ticket', [1, 3, 4, 5]],
	['file:///read', [4]],
	['tool:"read me"', [4]],
	['constructor:x', []],
	['!', [1, 2, 3, 4, 5]],
] as const) {
	test(`the filter "${filter}" lets through ${ids.join(', ') || 'none'}`, t => {
		const matches = parseCallFilter(filter);
		t.deepEqual(calls.filter(call => matches(call)).map(({id}) => id), [...ids]);
	});
}
