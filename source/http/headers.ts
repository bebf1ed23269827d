import type {RawHeaders} from './exchange.ts';

/** All values of a field, in order; the name in lower case. */
export const valuesOf = (headers: RawHeaders, name: string): string[] => {
	const values: string[] = [];
	for (let index = 0; index < headers.length; index += 2) {
		if (headers[index]?.toLowerCase() === name) {
			values.push(headers[index + 1] ?? '');
		}
	}

	return values;
};

/** The first value of a field, or undefined; the name in lower case. */
export const valueOf = (headers: RawHeaders, name: string): string | undefined => {
	for (let index = 0; index < headers.length; index += 2) {
		if (headers[index]?.toLowerCase() === name) {
			return headers[index + 1];
		}
	}

	return undefined;
};

/** The fields but those of the names, which are in lower case. */
export const without = (headers: RawHeaders, names: ReadonlySet<string> | undefined): RawHeaders => {
	if (names === undefined) {
		return headers;
	}

	const kept: string[] = [];
	for (let index = 0; index < headers.length; index += 2) {
		const name = headers[index] ?? '';
		if (!names.has(name.toLowerCase())) {
			kept.push(name, headers[index + 1] ?? '');
		}
	}

	return kept;
};
