/** Waits for a state, not for a time: asks again each few milliseconds until the answer is truthy; fails after `limit` ms and says what it waited for. */
export const until = async <Value>(what: string, ask: () => Value | Promise<Value>, limit = 30_000): Promise<NonNullable<Value>> => {
	const end = performance.now() + limit;
	for (;;) {
		const value = await ask(); // eslint-disable-line no-await-in-loop -- one look after the other is the point
		if (value) {
			return value;
		}

		if (performance.now() > end) {
			throw new Error(`Waited ${limit} ms in vain: ${what}`);
		}

		await new Promise(resolve => { // eslint-disable-line no-await-in-loop
			setTimeout(resolve, 5);
		});
	}
};
