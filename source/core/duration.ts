const units = new Map([['ms', 1], ['s', 1000], ['m', 60_000], ['h', 3_600_000], ['d', 86_400_000]]);

/**
`'2s'`, `'1.5m'`, `'300ms'` or a bare number of milliseconds → milliseconds; `undefined` for anything else.
Durations have this form only at the edges: inside, everything is a number of milliseconds.
*/
export const parseDuration = (text: string): number | undefined => {
	const [, amount, unit = 'ms'] = /^(\d+(?:\.\d+)?)\s*(ms|[smhd])?$/v.exec(text.trim()) ?? [];
	const factor = units.get(unit);
	return amount === undefined || factor === undefined ? undefined : Number(amount) * factor;
};

/** Milliseconds as a person reads them, in at most five characters: `4ms`, `1.90s`, `41s`, `2h14m`, `3d4h`. */
export const formatDuration = (ms: number): string => {
	if (ms < 1000) {
		return `${Math.max(0, Math.round(ms))}ms`;
	}

	if (ms < 10_000) {
		return `${(ms / 1000).toFixed(2)}s`;
	}

	const seconds = Math.floor(ms / 1000);
	if (seconds < 60) {
		return `${seconds}s`;
	}

	const minutes = Math.floor(seconds / 60);
	if (minutes < 60) {
		return `${minutes}m`;
	}

	const hours = Math.floor(minutes / 60);
	return hours < 24 ? `${hours}h${String(minutes % 60).padStart(2, '0')}m` : `${Math.floor(hours / 24)}d${hours % 24}h`;
};

/** An age that steps `now 2s 5s 10s 30s 1m 2m …`, so that a screen showing it seldom changes. */
export const formatAge = (ms: number): string => {
	const steps = [30_000, 10_000, 5000, 2000];
	if (ms >= 60_000) {
		return formatDuration(ms);
	}

	const step = steps.find(step => ms >= step);
	return step === undefined ? 'now' : `${step / 1000}s`;
};
