import {printable} from './text.ts';

const hidden = '[redacted]';

/*
Each pattern has one place to begin and bounded repeats before it is sure, so that a hostile text of any shape costs linear
time. A query's separators are also found percent-encoded: a whole URL may be the value of a parameter.
*/
const secretParameter = /(?:^|[_\-.])(?:key|code|auth|sig|signature|session|pwd|credentials?)$|(?:token|apikey|secret|password|passwd|authorization|cookie|session[_\-]?id)$/iv;
const parameter = /([&;?]|%3f|%26|%3b)([^&=?;\s]{1,64}?)(=|%3d)/giv;
const plainValue = /[^&#\s]*/yv;
const codedValue = /(?:(?!%26|%23)[^&#\s])*/iyv; // Within a percent-encoded URL.
const userinfo = /:\/\/[^\s\/?#"']*@/gv;
// Not after a dot: that is a setting's path in a message, such as `server.token: too short`.
const field = /(?<![\w.\-])([\w\-]{0,40}?(?:authorization|cookie2?|session-id|api-key|auth-token)["']?\s{0,4}[:=]\s{0,4})[^\r\n]+/giv;
const assignment = /(?<![\w.\-])([\w\-]{0,40}?(?:token|secret|password|passwd|api_?key|session_?id)["']?\s{0,4}[:=]\s{0,4})(?:"[^"]*"|'[^']*'|[^&\s,;\}]+)/giv;
const scheme = /\b(bearer|basic)\s{1,4}[\w\-.~+\/=:]{6,}/giv;
const knownShape = /\beyJ[\w\-]{8,}\.[\w\-.]+|\b(?:sk|gh[oprsu]|github_pat|glpat|xox[abprs])[_\-][\w\-]{16,}/gv;

const decoded = (text: string): string => {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
};

const withoutParameters = (text: string): string => {
	let shown = '';
	let from = 0;
	for (const {0: whole, 2: name = '', 3: equals, index} of text.matchAll(parameter)) {
		if (index >= from && secretParameter.test(decoded(name))) {
			const start = index + whole.length;
			const value = equals === '=' ? plainValue : codedValue;
			value.lastIndex = start;
			value.test(text);
			shown += `${text.slice(from, start)}${hidden}`;
			from = value.lastIndex;
		}
	}

	return shown + text.slice(from);
};

/**
A text without the secrets that can be told by their place or their shape: values of query parameters, header fields and
assignments with a telling name, user and password in a URL, bearer tokens, and tokens of well-known form.
*/
export const redact = (text: string): string => withoutParameters(text)
	.replaceAll(userinfo, `://${hidden}@`)
	.replaceAll(field, `$1${hidden}`)
	.replaceAll(assignment, `$1${hidden}`)
	.replaceAll(scheme, `$1 ${hidden}`)
	.replaceAll(knownShape, hidden);

/** Text from outside as a log may hold it: no secrets, printable, cut at about `limit` characters. */
export const loggable = (text: string, limit = 1000): string => printable(redact(text.length > limit ? `${text.slice(0, limit)}…` : text), limit * 2);

const secretKey = /(?:token|secret|password|passwd|authorization|cookie|api[_\-]?key|private[_\-]?key|session[_\-]?id)$/iv;
const deepest = 8;

/** The same for everything in a JSON-like value; a value under a secret's name is hidden whole. */
export const loggableValue = (value: unknown, depth = 0): unknown => {
	if (typeof value === 'string') {
		return loggable(value);
	}

	if (typeof value !== 'object' || value === null) {
		return value;
	}

	if (depth === deepest) {
		return '…';
	}

	return Array.isArray(value)
		? value.map(item => loggableValue(item, depth + 1))
		: Object.fromEntries(Object.entries(value).map(([key, item]) => [loggable(key), secretKey.test(key) ? hidden : loggableValue(item, depth + 1)]));
};
