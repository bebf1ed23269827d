import process from 'node:process';

/**
A fault of our own that nobody caught must not take the traffic with it: it is told with its stack, and the proxy goes on.
For the daemon's own thread, when nothing but the daemon runs in it. Returns the removal.
*/
export const surviveFaults = (tell: (message: string) => void): () => void => {
	const survive = (error: unknown): void => {
		tell(`unexpected, please report it: ${error instanceof Error ? error.stack ?? error.message : String(error)}`);
	};

	process.on('uncaughtException', survive);
	process.on('unhandledRejection', survive);
	return () => {
		process.off('uncaughtException', survive);
		process.off('unhandledRejection', survive);
	};
};
