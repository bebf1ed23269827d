const escape = (text: string): string => text.replaceAll(/[\\^$.+?\(\)\[\]\{\}\|\/]/gv, String.raw`\$&`).replaceAll('*', '.*');

/** `prod*` matches the whole text, anything without a star a part of it; case does not count. */
const matcher = (wanted: string): (text: string) => boolean => {
	if (wanted.includes('*')) {
		const pattern = new RegExp(`^${escape(wanted)}$`, 'isv');
		return text => pattern.test(text);
	}

	const lower = wanted.toLowerCase();
	return text => text.toLowerCase().includes(lower);
};

type Looks<Item> = Readonly<{
	/** The words before a colon, each with what it looks at. */
	keys: Readonly<Record<string, (item: Item) => string>>;
	/** What a word without a key looks at. */
	plain: (item: Item) => readonly string[];
}>;

const parseWord = <Item>(word: string, {keys, plain}: Looks<Item>): (item: Item) => boolean => {
	const [, bang = '', text = ''] = /^(!?)(.*)$/sv.exec(word) ?? [];
	const colon = text.indexOf(':');
	const key = text.slice(0, Math.max(0, colon)).toLowerCase();
	const look = Object.hasOwn(keys, key) ? keys[key] : undefined;
	const [, inner = '', wanted = ''] = look ? /^(!?)(.*)$/sv.exec(text.slice(colon + 1)) ?? [] : ['', '', text];
	const matches = matcher(wanted);
	const isNegated = (bang === '!') !== (inner === '!');
	return item => (look ? matches(look(item)) : plain(item).some(part => matches(part))) !== isNegated;
};

/**
What a filter line lets through, the same in every surface: words are ANDed, `!word`, `!key:value` and `key:!value` negate,
`key:value` looks at one thing, a plain word (or one with an unknown key) at the most telling ones, `"two words"` count as one.
*/
export const createFilter = <Item>(text: string, looks: Looks<Item>): (item: Item) => boolean => {
	const words = [...text.matchAll(/!?(?:[a-z]+:!?)?"[^"]*"?|\S+/giv)].map(([word]) => word.replaceAll('"', '')).filter(word => word !== '' && word !== '!');
	const tests = words.map(word => parseWord(word, looks));
	return item => tests.every(test => test(item));
};
