import {spawn} from 'node:child_process';
import process from 'node:process';
import {clearTimeout, setTimeout} from 'node:timers';
import {printable} from '../core/text.ts';
import {type Failure, failureOf} from '../http/failure.ts';
import type {Message} from '../mcp/message.ts';
import type {McpPlan} from './channel.ts';
import {createLineReader} from './lines.ts';
import {readMessages} from './messages.ts';

export type StdioPlan = Extract<McpPlan, {kind: 'stdio'}>;

export type ChildReceiver = Readonly<{
	/** False = no more until `resume`. */
	onMessage: (message: Message, bytes: Uint8Array) => boolean;
	/** It has ended; told once. */
	onExit: (failure: Failure) => void;
}>;

/** An MCP server as a process of ours (MCP 2025-11-25, "stdio"). */
export type Child = Readonly<{
	pid: number | undefined;
	startedAt: number;
	/** Who hears it. What came before is kept. */
	hear: (receiver: ChildReceiver) => void;
	/** False: it takes nothing more, since it has ended or does not read. */
	send: (message: Message) => boolean;
	resume: () => void;
	/** End of stdin, then SIGTERM, then SIGKILL, two seconds each, to its whole group. Resolves when it is gone. */
	stop: () => Promise<void>;
	isOver: () => boolean;
	/** Its newest lines on stderr, cleaned. */
	getLastWords: () => readonly string[];
}>;

type Options = Readonly<{
	plan: StdioPlan;
	onLog: (line: string) => void;
	/** For the record of children that a killed proxy leaves behind. */
	onStart: (pid: number) => void;
	onEnd: (pid: number) => void;
}>;

/** Bytes of one message; the SDKs take 10 MiB. */
const longestLine = 16 * (1024 ** 2);
/** Bytes that may wait for a child that does not read. */
const mostUnread = 16 * (1024 ** 2);
const wordsKept = 200;
const patience = 2000;
/** How long after its end what a child has said may still come, ms. */
const lastWordsTime = 200;

/** All that a child is given beside what the settings declare: nothing of ours, such as a token, reaches it (mcp.md 2, rule 11). */
const passedOn = ['HOME', 'LOGNAME', 'PATH', 'SHELL', 'TERM', 'USER'];

const environmentOf = (own: Readonly<Record<string, string>>): NodeJS.ProcessEnv => ({
	...Object.fromEntries(passedOn.filter(name => process.env[name] !== undefined).map(name => [name, process.env[name]])),
	...own,
});

/** Groups that must not outlive this process. */
const groups = new Set<number>();

const signalGroup = (pid: number, signal: NodeJS.Signals): void => {
	try {
		process.kill(-pid, signal);
	} catch {
		// Nobody of it is left.
	}
};

process.on('exit', () => {
	for (const pid of groups) {
		signalGroup(pid, 'SIGKILL');
	}
});

/**
Starts a child: never through a shell, in a process group of its own so that what it starts ends with it, its stderr always read
(a full pipe would stop it). What is no message on its stdout is logged and let go.
*/
export const startChild = ({plan, onLog, onStart, onEnd}: Options): Child => {
	const [program, ...parameters] = plan.command;
	const spawned = spawn(program, parameters, {cwd: plan.cwd, env: environmentOf(plan.env), detached: true, stdio: ['pipe', 'pipe', 'pipe'], shell: false});
	const {pid} = spawned;
	const words: string[] = [];
	const early: Array<Readonly<{message: Message; bytes: Uint8Array}>> = [];
	let receiver: ChildReceiver | undefined;
	let failure: Failure | undefined;
	const ended = Promise.withResolvers<void>();

	const over = (why: Failure): void => {
		if (failure) {
			return;
		}

		failure = why;
		if (pid !== undefined) {
			signalGroup(pid, 'SIGKILL'); // Whatever it started.
			groups.delete(pid);
			onEnd(pid);
		}

		ended.resolve();
		receiver?.onExit(why);
	};

	if (pid !== undefined) {
		groups.add(pid);
		onStart(pid);
		onLog(`started ${JSON.stringify(plan.command)} (pid ${pid})`);
	}

	spawned.on('error', error => {
		const {code, message} = failureOf(error);
		over({code, message: code === 'ENOENT' ? `there is no program "${printable(program, 100)}"` : message});
	});
	const end = (code: number | null, signal: string | null): void => {
		const last = words.at(-1);
		over({code: 'CHILD_ENDED', message: `the process ended (${signal ?? `exit code ${code}`})${last === undefined ? '' : `: ${last}`}`});
	};

	spawned.on('close', end); // All it said has been read.
	spawned.on('exit', (code, signal) => {
		setTimeout(end, lastWordsTime, code, signal).unref(); // What it started may hold its pipes open for ever.
	});
	spawned.stdin.on('error', () => undefined); // It has closed its end; `close` tells why.

	const stdout = createLineReader(longestLine);
	spawned.stdout.on('data', (chunk: Uint8Array) => {
		for (const line of stdout.push(chunk)) {
			const messages = readMessages(line);
			if (!messages) {
				onLog(`said on stdout, where only messages belong: ${printable(line.toString('utf8', 0, 500), 500)}`);
			}

			for (const read of messages ?? []) {
				if (!receiver) {
					early.push(read);
				} else if (!receiver.onMessage(read.message, read.bytes)) {
					spawned.stdout.pause();
				}
			}
		}
	});

	const stderr = createLineReader(65_536);
	spawned.stderr.on('data', (chunk: Uint8Array) => {
		for (const line of stderr.push(chunk)) {
			const text = printable(line.toString('utf8'), 1000);
			words.push(text);
			onLog(text);
		}

		words.splice(0, Math.max(0, words.length - wordsKept));
	});

	return {
		pid,
		startedAt: performance.now(),
		hear(given) {
			receiver = given;
			for (const {message, bytes} of early.splice(0)) {
				given.onMessage(message, bytes);
			}

			if (failure) {
				given.onExit(failure);
			}
		},
		send(message) {
			if (failure !== undefined || !spawned.stdin.writable || spawned.stdin.writableLength > mostUnread) {
				return false;
			}

			spawned.stdin.write(`${JSON.stringify(message)}\n`);
			return true;
		},
		resume() {
			spawned.stdout.resume();
		},
		async stop() {
			spawned.stdout.resume();
			spawned.stdin.end();
			const timers = pid === undefined
				? []
				: [
					setTimeout(signalGroup, patience, pid, 'SIGTERM'),
					setTimeout(signalGroup, 2 * patience, pid, 'SIGKILL'),
				];
			await ended.promise;
			for (const timer of timers) {
				clearTimeout(timer);
			}
		},
		isOver: () => failure !== undefined,
		getLastWords: () => words,
	};
};
