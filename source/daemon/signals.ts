import process from 'node:process';

type Handlers = Readonly<{
	/** SIGHUP: read the settings again. */
	reload: () => void;
	/** SIGTERM or SIGINT: stop when the requests in flight are done. */
	stop: (cause: string) => void;
	/** The second of them: stop at once. */
	stopNow: () => void;
}>;

/** What the signals of a daemon mean. Returns the removal of the handlers. Only the main thread hears signals. */
export const handleSignals = ({reload, stop, stopNow}: Handlers): () => void => {
	let isStopping = false;
	const end = (signal: string): void => {
		if (isStopping) {
			stopNow();
			return;
		}

		isStopping = true;
		stop(signal);
	};

	process.on('SIGHUP', reload);
	process.on('SIGTERM', end);
	process.on('SIGINT', end);
	return () => {
		process.off('SIGHUP', reload);
		process.off('SIGTERM', end);
		process.off('SIGINT', end);
	};
};
