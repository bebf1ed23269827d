import * as z from 'zod';
import {defaultRules} from '../core/rules.ts';
import {isTargetName, targetName} from '../core/target.ts';
import {accepts, address, duration, flag, headerFields, integer, oneOf, secret, size, text, urlPath} from './kinds.ts';

/** A section: an object with these keys and no others. */
const section = <Shape extends z.core.$ZodLooseShape>(shape: Shape) => z.strictObject(shape, accepts('an object'));

const seconds = 1000;
const minutes = 60_000;

/** More threads than this on one port serve nobody. */
export const mostWorkers = 64;

const acceptedWorkers = `a number of workers, 1 to ${mostWorkers}, or "auto"`;

const server = section({
	port: integer({max: 65_535}, 'a port, 0 to 65535').prefault(4000).describe('Where the proxy listens; 0 = any free port.'),
	host: text('an address or host name').prefault('localhost').describe('`localhost` listens on 127.0.0.1 and ::1. Anything beyond loopback needs `server.token`.'),
	workers: z.union([integer({min: 1, max: mostWorkers}, acceptedWorkers), oneOf('auto')], accepts(acceptedWorkers)).prefault(1)
		.describe('Threads that carry traffic, on one port; `auto` = one for each core but one. Linux only; elsewhere it is 1.'),
	token: secret('a token of at least 16 visible ASCII characters', /^[\u0021-\u007E]{16,}$/v).optional().describe('Bearer token for changes from beyond loopback; at least 16 characters.'),
	allowedHosts: z.array(text('a host name'), accepts('a list of host names')).prefault([]).describe('Host names accepted in `Host` beside those the proxy listens on.'),
	allowedOrigins: z.array(text('an origin, such as "https://example.org"'), accepts('a list of origins')).prefault([]).describe('Origins of web pages that may call the proxy beside its own page.'),
	tls: section({
		port: integer({max: 65_535}, 'a port, 0 to 65535').prefault(4443).describe('Where clients reach the proxy through TLS; 0 = any free port.'),
		host: text('an address or host name').optional().describe('Address of that port, so that TLS can be all that other machines see. Default: `server.host`.'),
		cert: text('a path').describe('PEM file of the certificate, with those between it and the root, relative to this file. A new one is taken up at once.'),
		key: text('a path').describe('PEM file of its private key.'),
		ca: text('a path').optional().describe('PEM file of authorities: clients must then show a certificate of theirs.'),
	}).optional().describe('A second address, with TLS, beside the plain one that the commands of this machine use.'),
	limits: section({
		connections: integer({}, 'a number of connections, 0 or more').prefault(0).describe('Client connections at a time; 0 = what the file descriptors of the process allow.'),
		inFlight: integer({min: 1}, 'a number of requests, 1 or more').prefault(1024).describe('Requests in flight towards one target; more get 503.'),
		headBytes: size({min: 1024, max: 1024 ** 2}).prefault(32 * 1024).describe('Request line and header fields together, in bytes.'),
		headFields: integer({min: 10, max: 2000}, 'a number of header fields, 10 to 2000').prefault(200).describe('Header fields of a request.'),
		body: size().prefault(0).describe('A request body, in bytes; 0 = unlimited.'),
		headTimeout: duration({min: 100}).prefault(10 * seconds).describe('Until the whole request head has arrived.'),
		keepAlive: duration({min: 1}).prefault(75 * seconds).describe('How long an idle client connection is kept.'),
		drain: duration().prefault(30 * seconds).describe('How long requests in flight may go on when the proxy stops.'),
	}).prefault({}).describe('What one client may ask of the proxy.'),
}).prefault({}).describe('Where the proxy listens, and for whom.');

const timeoutKeys = {
	connect: duration({min: 1}).describe('Until the connection (and TLS) to a target stands.'),
	response: duration().describe('From the end of the request to the response head; 0 = none.'),
	idle: duration().describe('Without a byte in a response body; 0 = none, since calls and streams may be silent for long.'),
	upgrade: duration({min: 1}).describe('Until an upgrade (WebSocket) is answered.'),
	keepAlive: duration({min: 1}).describe('How long an unused connection is kept; shorter than the limit of the target itself (Node servers: 5 s).'),
};

const statusClass = (accepted = 'a status (100 to 599) or a class such as "2xx"') => z.union([
	z.int(accepts(accepted)).min(100, accepts(accepted)).max(599, accepts(accepted)),
	z.string(accepts(accepted)).regex(/^[1-5](?:\d\d|xx)$/v, accepts(accepted)).meta({examples: ['2xx']}),
], accepts(accepted));

const acceptedStatuses = accepts('a status, a class such as "2xx", or a list of them');

const targetProbe = section({
	kind: oneOf('http', 'tcp', 'mcp').optional().describe('`http` sends a request and looks at the status; `tcp` only connects; `mcp` pings the MCP server in a session of its own. Default: `http`, for a `command` `mcp`.'),
	path: urlPath().optional().describe('Path of the `http` probe. Default: `healthEndpoint`.'),
	method: text('a request method').regex(/^[A-Z]+$/v, accepts('a request method in capitals')).optional().describe('Method of the `http` probe. Default: `GET`.'),
	status: z.union([statusClass(), z.array(statusClass()).min(1, acceptedStatuses)], acceptedStatuses).optional()
		.describe('Statuses that pass, such as `[200, 204]` or `"2xx"`. Default: `"2xx"`.'),
	headers: headerFields().optional().describe('Fields of the probe beside those of the target. Secret.'),
	timeout: duration({min: 1}).optional().describe('Until a probe counts as failed; never longer than the interval. Default: `proxy.probe.timeout`.'),
	interval: duration({min: 10}).optional().describe('Time between probes. Default: `proxy.healthCheckInterval`.'),
});

const target = section({
	url: address().optional().describe('Where the target is. User and password in it are sent as Basic credentials; they are secret.'),
	allowLinkLocal: flag().prefault(false).describe('Whether `url` may be a link-local address (169.254.0.0/16, fe80::/10, fd00:ec2::254), where clouds keep the credentials of a machine.'),
	command: z.array(text('a program or an argument'), accepts('a list: a program and its arguments')).min(1, accepts('a list: a program and its arguments')).optional()
		.describe('In place of `url`: an MCP server that is a program, spoken to over stdio. Never run through a shell.'),
	env: z.record(z.string(), z.string(accepts('a text')), accepts('an object of texts')).prefault({})
		.describe('Environment of `command` beside HOME, LOGNAME, PATH, SHELL, TERM and USER. Secret.'),
	cwd: text('a path').optional().describe('Folder in which `command` runs, relative to this file. Default: where the proxy was started.'),
	children: section({
		mode: oneOf('per-session', 'shared').prefault('per-session').describe('A process for each session, or one for all of them.'),
		max: integer({min: 1, max: 1000}, 'a number of processes, 1 to 1000').prefault(8).describe('Processes at a time; the one unused longest makes room.'),
		idle: duration({min: 100}).prefault(10 * minutes).describe('A process that nobody uses ends after this long; its session gets another one when it needs it.'),
		spares: integer({max: 10}, 'a number of processes, 0 to 10').prefault(0).describe('Processes started ahead, so that a failover need not wait for one.'),
	}).prefault({}).describe('The processes of `command`.'),
	priority: integer({max: 1_000_000}, 'a whole number, 0 or more').prefault(100).describe('Lower is preferred; equals in the order of this file.'),
	healthEndpoint: urlPath().prefault('/health').describe('Path of the health probe.'),
	probe: targetProbe.prefault({}).describe('How this target is watched.'),
	timeouts: section(timeoutKeys).partial().prefault({}).describe('In place of `proxy.timeouts`, key by key.'),
	headers: headerFields().prefault({}).describe('Fields added to each request to this target, replacing those of the client: credentials. Secret.'),
	tls: section({
		ca: text('a path').optional().describe('PEM file of the authorities to trust in place of the built-in ones.'),
		cert: text('a path').optional().describe('PEM file of the client certificate.'),
		key: text('a path').optional().describe('PEM file of its private key.'),
		servername: text('a host name').optional().describe('Name asked for and verified, in place of the host of `url`.'),
		verify: flag().prefault(true).describe('Whether the certificate of the target must be valid.'),
	}).prefault({}).describe('For https targets.'),
	mcp: section({
		path: urlPath().optional().describe('Path of its MCP endpoint, behind the path of `url`. Default: `/mcp` (`/sse` for that transport), or nothing where `url` ends so.'),
		transport: oneOf('streamable-http', 'sse').prefault('streamable-http').describe('How it speaks MCP: `sse` is the transport of 2024-11-05.'),
		trustHints: flag().optional().describe('Whether its tools are believed to be read-only or idempotent when they say so. Default: true on this machine, else false.'),
		replay: oneOf('none', 'safe', 'hinted').prefault('hinted').describe('What may be sent again after it broke down: nothing, methods without effect, or also tools with a hint that is believed.'),
		forwardAuth: flag().prefault(false).describe('Whether the `Authorization` of the client is passed on. Only for a target that is meant to get it.'),
		lostStatuses: z.array(integer({min: 400, max: 599}, 'a status from 400 to 599'), accepts('a list of statuses')).prefault([])
			.describe('More statuses by which it says that it does not know a session.'),
	}).prefault({}).describe('How it speaks MCP.'),
});

const acceptedName = accepts('a target name: 1 to 64 letters, digits, ".", "_" or "-", the first one a letter or digit, and no word of JavaScript objects such as "constructor"');

const name = z.string(acceptedName).regex(targetName, acceptedName).refine(key => isTargetName(key), acceptedName);

const proxy = section({
	defaultTarget: text('the name of a target').optional().describe('Active when nothing else says so. Default: the most preferred target.'),
	targets: z.record(name, target, accepts('an object of targets')).prefault({
		augment: {url: 'http://localhost:3000', priority: 1},
		cline: {url: 'http://localhost:5000', priority: 2},
	}).describe('The targets by name; may be empty.'),
	standardEndpoints: section({
		health: urlPath().prefault('/health').describe('Path at which the proxy tells the health of all.'),
		config: urlPath().prefault('/config').describe('Path at which the proxy tells its settings, without secrets.'),
	}).prefault({}).describe('Paths that the proxy answers itself.'),
	failoverThreshold: integer({min: 1, max: 1000}, 'a whole number from 1 to 1000').prefault(defaultRules.fall).describe('Failed probes in a row until a target is down.'),
	riseThreshold: integer({min: 1, max: 1000}, 'a whole number from 1 to 1000').prefault(defaultRules.rise).describe('Passed probes in a row until a target that was down is up.'),
	healthCheckInterval: duration({min: 10}).prefault(10 * seconds).describe('Time between probes of a target that is up.'),
	probe: section({
		timeout: duration({min: 1}).prefault(2 * seconds).describe('Until a probe counts as failed; never longer than the interval.'),
		fastInterval: duration({min: 10}).prefault(seconds).describe('Between probes of a target that is unknown or about to change.'),
		downInterval: duration({min: 10}).prefault(2 * seconds).describe('Between probes of a target that is down.'),
	}).prefault({}).describe('How targets are watched.'),
	silence: section({
		after: duration().prefault(150).describe('When the active target has answered nothing at all for this long while requests wait, it is probed at once; 0 = never.'),
		limit: duration({min: 10}).prefault(150).describe([
			'How long that probe may take, or twice the time its probes usually take, before the target is left, if the next one answers.',
			'Less finds a hang sooner; but a target that is only busy, and answers nothing for both times together, loses what is in flight there and can not be sent twice.',
		].join(' ')),
	}).prefault({}).describe('How a target that hangs is told from one that is slow. A call may take as long as it likes while the target answers its probes; a `tcp` probe tells no hang.'),
	automaticFailover: flag().prefault(true).describe('Whether a failing active target is left without being asked. A manual switch never changes it.'),
	policy: oneOf('priority', 'latency', 'next').prefault('priority').describe('Who takes over: the lowest priority number, the fastest probes, or the next in order.'),
	failback: section({
		mode: oneOf('manual', 'automatic').prefault(defaultRules.failback).describe('Whether a preferred target that is back gets the traffic again by itself.'),
		delay: duration().prefault(defaultRules.failbackDelay).describe('How long it must have been up without a break; doubled with each flap.'),
		maxDelay: duration().prefault(defaultRules.maxFailbackDelay).describe('Upper end of the doubled delay.'),
		flapLimit: integer({min: 1, max: 1000}, 'a whole number from 1 to 1000').prefault(defaultRules.flapLimit)
			.describe('A target with more changes of health than this within `flapWindow` is flapping.'),
		flapWindow: duration({min: 1}).prefault(5 * minutes).describe('See `flapLimit`; a flapping target gets no automatic failback.'),
	}).prefault({}).describe('The way back to a preferred target.'),
	compatibility: oneOf('ignore', 'warn', 'require').prefault(defaultRules.gate)
		.describe('What a target means that lacks or changes tools, prompts or resources of the active one: nothing, a word at the switch, or no switch unless forced.'),
	holdDown: duration().prefault(defaultRules.holdDown).describe('Least time on a target before an automatic move that its failure does not force.'),
	timeouts: section({
		connect: timeoutKeys.connect.prefault(2 * seconds),
		response: timeoutKeys.response.prefault(60 * seconds),
		idle: timeoutKeys.idle.prefault(0),
		upgrade: timeoutKeys.upgrade.prefault(10 * seconds),
		keepAlive: timeoutKeys.keepAlive.prefault(4 * seconds),
	}).prefault({}).describe('Towards every target.'),
}).prefault({}).describe('The targets, and who is active when.');

const sessions = section({
	switch: oneOf('drain', 'cut', 'new-only').prefault('drain')
		.describe('What a switch does to sessions: calls end where they began; calls end or are replayed at once; or sessions stay where they are while that target is up.'),
	hold: duration({max: 55 * seconds}).prefault(30 * seconds).describe('How long a call waits for a target while none is up; clients give up after 60 s.'),
	listHold: duration({max: 55 * seconds}).prefault(4 * seconds).describe('The same for lists of tools, prompts and resources: clients give those less time.'),
	body: size({min: 1024}).prefault(4 * (1024 ** 2)).describe('A message of a client, in bytes.'),
	idle: duration({min: 100}).prefault(30 * minutes).describe('A session that nobody uses ends after this long.'),
	idleListening: duration({min: 100}).prefault(24 * 60 * minutes).describe('The same while its client listens.'),
	limit: integer({min: 1, max: 1_000_000}, 'a number of sessions, 1 or more').prefault(10_000).describe('Sessions in all; one more gets 503.'),
	limitPerClient: integer({min: 1, max: 1_000_000}, 'a number of sessions, 1 or more').prefault(1000).describe('Sessions of one client.'),
	warmStandby: flag().prefault(true).describe('Whether sessions in use have one ready at the next target, so that a failover costs no handshake.'),
	bodies: flag().prefault(false).describe('Whether the traffic shown holds messages, secrets hidden and cut at 4 KiB.'),
}).prefault({}).describe('MCP sessions of clients.');

const logging = section({
	level: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal').prefault('info').describe('Records below this are not written.'),
	format: oneOf('combined', 'json', 'none').prefault('combined').describe('How proxied requests are logged: Apache combined lines, JSON records, or not at all.'),
	directory: text('a path').prefault('../logs').describe('Folder of `combined.log` and `error.log`, relative to this file.'),
	maxBytes: size({min: 1024}).prefault(10 * (1024 ** 2)).describe('A log file is rotated at this size, in bytes.'),
	keep: integer({max: 1000}, 'a whole number from 0 to 1000').prefault(5).describe('Rotated files kept of each log.'),
}).prefault({}).describe('What is written down.');

/** The settings file. Input: JSON as written, `${NAME}` already replaced; output: every default filled in, times in ms, sizes in bytes. */
export const settingsSchema = section({
	$schema: z.string(accepts('the address of a JSON Schema')).optional().describe('For editors.'),
	server,
	proxy,
	sessions,
	logging,
	lockFile: text('a path').prefault('../config/active_system.lock').describe('File with the name of the active target, relative to this file.'),
});

/** All settings, complete and checked. Holds secrets: show it through `redact` only. Paths are absolute once loaded. */
export type Settings = z.output<typeof settingsSchema>;

export type TargetSettings = Settings['proxy']['targets'][string];

/** The JSON Schema of the settings file, published as `config/schema.json`. */
export const jsonSchema = (): Record<string, unknown> => ({
	title: 'Proxy MCP settings',
	...z.toJSONSchema(settingsSchema, {io: 'input'}),
});
