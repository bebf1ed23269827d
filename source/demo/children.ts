import {fork, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {clearTimeout, setTimeout} from 'node:timers';
import {fileURLToPath} from 'node:url';
import {AppError} from '../core/errors.ts';

/** A sample target as it is now: `pid` is undefined while it is dead. */
export type Sample = Readonly<{name: string; url: string; pid: number | undefined}>;

export type Samples = Readonly<{
	getAll: () => readonly Sample[];
	/** Starts the gentle traffic of a real MCP client to the proxy at `url`. */
	startTraffic: (url: string) => void;
	/** Ends every process that was started here; resolves when all are gone. */
	stop: () => Promise<void>;
}>;

type Options = Readonly<{
	names: readonly string[];
	/** Milliseconds until a target that died is started again, so that its recovery can be seen. */
	restartAfter: number;
	/** Called with one sentence whenever a target died or came back. */
	onNews: (sentence: string) => void;
}>;

// The same room holds `.ts` when it is read and `.js` when it is run.
const programFile = (name: string): string => fileURLToPath(new URL(`${name}.js`, import.meta.url));

/** A busy machine takes its time; one that is idle, half a second. */
const startTimeout = 30_000;
/** How long a child may take over its own end. */
const grace = 1000;

const start = (program: string, parameters: string[]): ChildProcess => fork(programFile(program), parameters, {stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: []});

const portOf = (message: unknown): number | undefined => typeof message === 'object' && message !== null && 'port' in message && typeof message.port === 'number' ? message.port : undefined;

/** The port a target listens on, as it tells; kills it and throws when it does not. */
const listening = async (child: ChildProcess): Promise<number> => new Promise((resolve, reject) => {
	const fail = (): void => {
		clearTimeout(timer);
		child.kill('SIGKILL');
		reject(new AppError('FAILED', 'A sample target did not start.'));
	};

	const timer = setTimeout(fail, startTimeout);
	child.once('error', fail);
	child.once('exit', fail);
	child.once('message', message => {
		const port = portOf(message);
		if (port === undefined) {
			fail();
			return;
		}

		clearTimeout(timer);
		child.off('exit', fail);
		resolve(port);
	});
});

/** Starts the sample targets, each a process of its own; resolves when all listen. */
export const startSamples = async ({names, restartAfter, onNews}: Options): Promise<Samples> => {
	const children = new Set<ChildProcess>();
	const timers = new Set<NodeJS.Timeout>();
	const samples = new Map<string, Sample>();
	let isStopping = false;

	const keep = (child: ChildProcess): ChildProcess => {
		children.add(child);
		child.once('exit', () => {
			children.delete(child);
		});
		return child;
	};

	const restart = (name: string, port: number): void => {
		const timer = setTimeout(() => {
			timers.delete(timer);
			startOne(name, port).then(() => {
				onNews(`${name} is back.`);
			}, () => {
				if (!isStopping) {
					restart(name, port); // Its port may be taken for a while.
				}
			});
		}, restartAfter);
		timers.add(timer);
	};

	const startOne = async (name: string, wanted: number): Promise<void> => {
		const child = keep(start('target', [name, String(wanted)]));
		const port = await listening(child);
		const url = `http://127.0.0.1:${port}`;
		samples.set(name, {name, url, pid: child.pid});
		child.once('exit', () => {
			samples.set(name, {name, url, pid: undefined});
			if (!isStopping) {
				onNews(`${name} died; it comes back in ${Math.round(restartAfter / 1000)} s.`);
				restart(name, port);
			}
		});
	};

	const stop = async (): Promise<void> => {
		isStopping = true;
		for (const timer of timers) {
			clearTimeout(timer);
		}

		await Promise.all([...children].map(async child => {
			const timer = setTimeout(() => {
				child.kill('SIGKILL'); // One that is held (SIGSTOP) does not notice that it should end.
			}, grace);
			const exited = once(child, 'exit');
			if (child.connected) {
				child.disconnect();
			}

			await exited;
			clearTimeout(timer);
		}));
	};

	try {
		await Promise.all(names.map(async name => startOne(name, 0)));
	} catch (error) {
		await stop();
		throw error;
	}

	return {
		getAll: () => names.map(name => samples.get(name)).filter(sample => sample !== undefined), // Not in the order in which they came up.
		startTraffic(url) {
			keep(start('traffic', [url]));
		},
		stop,
	};
};
