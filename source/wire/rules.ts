/** What happens to a field by its name. */
type Rule = Readonly<{
	/** In lower case. */
	name: string;
	/** It ends here, or is written anew; the others go on as they are. */
	isDropped: boolean;
}>;

/** Rules by the length of the name, and of those the first letter: most fields are told from all of them by that alone. */
export type Rules = Readonly<{
	byLength: ReadonlyArray<readonly Rule[] | undefined>;
	/** For all names that begin so. */
	prefixes: readonly Rule[];
}>;

const rulesOf = (dropped: readonly string[], noted: readonly string[], prefixes: readonly string[]): Rules => {
	const all = [...dropped.map(name => ({name, isDropped: true})), ...noted.map(name => ({name, isDropped: false}))];
	const most = Math.max(...all.map(({name}) => name.length));
	return {
		byLength: Array.from({length: most + 1}, (_, length) => {
			const some = all.filter(({name}) => name.length === length);
			return some.length > 0 ? some : undefined;
		}),
		prefixes: prefixes.map(name => ({name, isDropped: true})),
	};
};

/** Those that end at each hop, whoever sends them (RFC 9110 §7.6.1), and those that frame a message: it is framed anew. */
const hop = ['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'http2-settings', 'content-length'];

export const requestRules: Rules = rulesOf(
	[...hop, 'host', 'expect', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto'],
	['origin', 'sec-fetch-site', 'referer', 'user-agent'],
	['proxy-'],
);

/** `Proxy-Status` (RFC 9209) is for the client. */
export const responseRules: Rules = rulesOf(hop, ['date', 'proxy-status'], ['proxy-']);

const letterP = 0x70;

const find = ({byLength, prefixes}: Rules, name: string): Rule | undefined => byLength[name.length]?.find(rule => rule.name === name) ?? prefixes.find(rule => name.startsWith(rule.name));

/** The rule for the name between two places; undefined when there is none, as for most, which their length and first letter tell. */
export const ruleOf = (rules: Rules, text: string, start: number, colon: number): Rule | undefined => {
	const first = text.charCodeAt(start) | 0x20; // eslint-disable-line no-bitwise, unicorn/prefer-code-point -- one byte a character; the bit makes letters lower case
	const some = rules.byLength[colon - start];
	if (first === letterP || some?.some(({name}) => name.charCodeAt(0) === first)) { // eslint-disable-line unicorn/prefer-code-point
		return find(rules, text.slice(start, colon).toLowerCase());
	}

	return undefined;
};
