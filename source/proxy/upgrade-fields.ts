import type {RawHeaders} from '../http/exchange.ts';
import {fieldsOf, linesWithout, namedBy, scanResponse} from '../wire/fields.ts';

/** Fields by name; a name that comes again has several values. */
export const byName = (fields: RawHeaders): Record<string, string | string[]> => {
	const values = new Map<string, string[]>();
	for (let index = 0; index < fields.length; index += 2) {
		const name = fields[index]?.toLowerCase() ?? '';
		values.set(name, [...(values.get(name) ?? []), fields[index + 1] ?? '']);
	}

	return Object.fromEntries([...values].map(([name, all]) => [name, all.length === 1 ? all[0] ?? '' : all]));
};

const token = /^[!#-'*+\-.\w^`\|~]+$/v;
// RFC 9110 §5.5. Node's server throws at any of these.
const badCharacters = /[^\t\u0020-\u007E\u0080-\u00FF]/gv;

/** The fields of a target's answer that go on to the client. The runtime's parser read them, less strictly than ours: what is none of HTTP's becomes a space. */
export const relayable = (raw: RawHeaders): RawHeaders => {
	let text = '';
	for (let index = 0; index + 1 < raw.length; index += 2) {
		const name = raw[index] ?? '';
		if (token.test(name)) {
			text += `\r\n${name}: ${(raw[index + 1] ?? '').replaceAll(badCharacters, ' ')}`;
		}
	}

	const {lines, signals} = scanResponse(text, Number.POSITIVE_INFINITY);
	return fieldsOf(linesWithout(lines, namedBy(signals)));
};
