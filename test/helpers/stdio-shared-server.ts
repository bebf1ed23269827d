import process from 'node:process';
import {createInterface} from 'node:readline';

/**
An MCP server on stdio that many clients share, written by hand so that it can be watched. It speaks 2025-11-25. Tools: `who` (the
only read-only one) answers its pid and what it was told (`initialized`, `cancelled …`, `level …`, `subscribe …`, `unsubscribe …`);
`hold` reports progress 1, waits for `release` and reports 2; `ask` asks the client for a sample and answers what it was told, with the
id it asked by; `ask-anybody` asks outside of any call; `take-back` takes all questions back; `tell` sends the notifications given; `die`.
*/
type Json = Readonly<Record<string, unknown>>;
type Message = Readonly<{id?: string | number; method?: string; params?: Json; result?: Json; error?: Json}>;

const told: string[] = [];
const held: Array<() => void> = [];
const asked = new Map<number, (answer: Json) => void>();
let asks = 0;

const say = (message: Json): void => {
	process.stdout.write(`${JSON.stringify({jsonrpc: '2.0', ...message})}\n`);
};

const progress = (params: Json | undefined, value: number): void => {
	const token = (params?._meta as Json | undefined)?.progressToken;
	if (token !== undefined) {
		say({method: 'notifications/progress', params: {progressToken: token, progress: value}});
	}
};

const ask = (onAnswer: (answer: Json) => void): number => {
	const id = asks++;
	asked.set(id, onAnswer);
	say({id, method: 'sampling/createMessage', params: {messages: [], maxTokens: 1}});
	return id;
};

type Tool = (params: Json, answer: (text: string) => void) => void;

const tools: Record<string, Tool> = {
	who(_, answer) {
		answer(JSON.stringify({pid: process.pid, told}));
	},
	hold(params, answer) {
		progress(params, 1);
		held.push(() => {
			progress(params, 2);
			answer(`held ${JSON.stringify((params.arguments as Json | undefined)?.text)}`);
		});
	},
	release(_, answer) {
		for (const go of held.splice(0)) {
			go();
		}

		answer('released');
	},
	ask(_, answer) {
		const id = ask(given => {
			answer(`${id} was told ${JSON.stringify(given)}`);
		});
	},
	'ask-anybody'(_, answer) {
		answer('asked');
		ask(given => {
			told.push(`anybody ${JSON.stringify(given)}`);
		});
	},
	'take-back'(_, answer) {
		for (const id of asked.keys()) {
			say({method: 'notifications/cancelled', params: {requestId: id}});
		}

		answer('taken back');
	},
	tell({arguments: given}, answer) {
		answer('told');
		for (const notification of (given as {notifications: Json[]}).notifications) {
			say(notification);
		}
	},
	die() {
		process.exit(7); // eslint-disable-line unicorn/no-process-exit -- a crash is what is asked for
	},
};

const methods: Record<string, (params: Json) => Json> = {
	initialize: () => ({protocolVersion: '2025-11-25', capabilities: {tools: {listChanged: true}, logging: {}, resources: {subscribe: true}}, serverInfo: {name: 'shared', version: '1'}}),
	ping: () => ({}),
	'tools/list': () => ({tools: Object.keys(tools).map(name => ({name, inputSchema: {type: 'object'}, annotations: {readOnlyHint: name === 'who'}}))}),
	'resources/list': () => ({resources: []}),
	'resources/templates/list': () => ({resourceTemplates: []}),
	'logging/setLevel'({level}) {
		told.push(`level ${String(level)}`);
		return {};
	},
	'resources/subscribe'({uri}) {
		told.push(`subscribe ${String(uri)}`);
		return {};
	},
	'resources/unsubscribe'({uri}) {
		told.push(`unsubscribe ${String(uri)}`);
		return {};
	},
};

createInterface({input: process.stdin}).on('line', line => {
	const {id, method, params = {}, result, error} = JSON.parse(line) as Message;
	if (method === undefined) {
		const onAnswer = asked.get(id as number);
		asked.delete(id as number);
		onAnswer?.(result ?? error ?? {});
	} else if (id === undefined) {
		told.push(method === 'notifications/cancelled' ? `cancelled ${String(params.requestId)}` : method.replace('notifications/', ''));
	} else if (method === 'tools/call') {
		tools[String(params.name)]?.(params, text => {
			say({id, result: {content: [{type: 'text', text}]}});
		});
	} else {
		const answer = methods[method];
		say(answer ? {id, result: answer(params)} : {id, error: {code: -32_601, message: 'Method not found'}});
	}
});
