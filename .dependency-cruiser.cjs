// The floors of docs/architecture.md. A forbidden arrow fails the build.
const floors = {
	core: [],
	wire: ['core'],
	http: ['core'],
	store: ['core'],
	settings: ['core', 'http', 'transport'],
	mcp: ['core'],
	upstream: ['core', 'http', 'wire'],
	transport: ['core', 'http', 'wire', 'mcp', 'upstream'],
	session: ['core', 'http', 'mcp', 'transport'],
	shim: ['core', 'http', 'mcp', 'transport'],
	probe: ['core', 'http', 'upstream', 'mcp', 'transport'],
	proxy: ['core', 'http', 'wire', 'upstream'],
	client: ['core', 'store'],
	api: ['core', 'http', 'client'],
	tui: ['core', 'client'],
	observe: ['core', 'client', 'http'],
	workers: ['core', 'http', 'proxy', 'observe'],
	daemon: ['core', 'wire', 'http', 'store', 'settings', 'mcp', 'upstream', 'transport', 'session', 'probe', 'proxy', 'client', 'api', 'observe', 'workers'],
	demo: ['core', 'http'],
	commands: ['core', 'http', 'mcp', 'transport', 'shim', 'client', 'settings', 'daemon', 'tui', 'demo', 'store'],
};

const rooms = Object.keys(floors);

module.exports = {
	forbidden: [
		...rooms.map(room => ({
			name: `${room}-floor`,
			severity: 'error',
			from: {path: `^source/${room}/`},
			to: {path: `^source/(?!(?:${[room, ...floors[room]].join('|')})/)`},
		})),
		{name: 'core-is-pure', severity: 'error', from: {path: '^source/core/'}, to: {dependencyTypes: ['npm', 'npm-dev', 'npm-no-pkg', 'core']}},
		{name: 'no-circular', severity: 'error', from: {}, to: {circular: true, viaOnly: {dependencyTypesNot: ['type-only']}}},
		{name: 'tui-is-lazy', severity: 'error', from: {path: '^source/commands/'}, to: {path: '^source/tui/', dynamic: false}},
	],
	options: {
		doNotFollow: {path: 'node_modules'},
		tsPreCompilationDeps: true,
		tsConfig: {fileName: 'tsconfig.json'},
	},
};
