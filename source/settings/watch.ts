import fs from 'node:fs';

type Options = Readonly<{
	file: string;
	/** The file changed (or went, or came), and nothing was done to it since the last look. */
	onChange: () => void;
	/** Ends the watch. */
	signal: AbortSignal;
	/** How often to look, in milliseconds. */
	interval?: number;
}>;

/** Changes with a write, with a rename over the file as editors do it, and when a symbolic link to it is turned. */
const signatureOf = (file: string): string => {
	try {
		const stats = fs.statSync(file, {bigint: true, throwIfNoEntry: false});
		return stats ? [stats.dev, stats.ino, stats.size, stats.mtimeNs].join(' ') : 'absent';
	} catch {
		return 'unreachable';
	}
};

/**
Tell when the settings file has changed, half a second later at most. It looks rather than asks to be told:
notifications miss network and container file systems, and are lost when an editor replaces the file.
*/
export const watchSettings = ({file, onChange, signal, interval = 200}: Options): void => {
	let known = signatureOf(file);
	let previous = known;

	const look = (): void => {
		const signature = signatureOf(file);
		const isStable = signature === previous; // A file still being written is left alone until the next look.
		previous = signature;
		if (isStable && signature !== known) {
			known = signature;
			onChange();
		}
	};

	if (signal.aborted) {
		return;
	}

	const timer = setInterval(look, interval).unref();
	signal.addEventListener('abort', () => {
		clearInterval(timer);
	}, {once: true});
};
