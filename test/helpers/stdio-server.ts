import {spawn} from 'node:child_process';
import {writeSync} from 'node:fs';
import process from 'node:process';
import {createInterface} from 'node:readline';

/**
A small program that speaks MCP's lines on stdio, and misbehaves as told. `flood`: writes so many bytes to stderr before each answer,
and waits until they are read. `isNoisy`: says what is no message on stdout. `isDeaf`: outlives the end of stdin and SIGTERM, and so
does a process it starts. Requests: `ping` is answered with its pid and environment, `die` ends it, `hold` is never answered.
*/
export type StdioServerOptions = Readonly<{flood?: number; isNoisy?: boolean; isDeaf?: boolean}>;

const {flood = 0, isNoisy = false, isDeaf = false} = JSON.parse(process.argv[2] ?? '{}') as StdioServerOptions;

/** In the way of Python's `print`: goes on when it has been read. */
const writeAll = (text: string): void => {
	const bytes = Buffer.from(text);
	for (let at = 0; at < bytes.length;) {
		try {
			at += writeSync(2, bytes, at);
		} catch (error) {
			if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) {
				throw error;
			}
		}
	}
};

let grandchild: number | undefined;
if (isDeaf) {
	process.on('SIGTERM', () => undefined);
	setInterval(() => undefined, 1000);
	grandchild = spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'], {stdio: 'ignore'}).pid;
}

createInterface({input: process.stdin}).on('line', line => {
	const {id, method} = JSON.parse(line) as {id?: number; method: string};
	if (method === 'die') {
		process.exit(7); // eslint-disable-line unicorn/no-process-exit -- a crash is what is asked for
	}

	writeAll(`${'x'.repeat(99)}\n`.repeat(flood / 100));
	if (isNoisy) {
		process.stdout.write('Server listening…\n\r\n{"half": \n');
	}

	if (id !== undefined && method !== 'hold') {
		const result = {pid: process.pid, grandchild, environment: process.env};
		process.stdout.write(`${JSON.stringify({jsonrpc: '2.0', id, result})}\r\n`);
	}
});
