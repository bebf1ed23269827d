/*
Text from the network can carry terminal commands (OSC 52 writes the clipboard), line breaks that forge log records, and
characters that reorder what is read. Controls (Cc), formats (Cf: bidi, zero-width, tags), lone surrogates (Cs) and the
line and paragraph separators (Zl, Zp) are all made visible.
*/
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gv;

const escaped = (character: string): string => {
	const code = character.codePointAt(0) ?? 0;
	return code < 0x1_00 ? String.raw`\x${code.toString(16).padStart(2, '0')}` : String.raw`\u{${code.toString(16)}}`;
};

/**
Text from outside, safe to put on a terminal, into a log line or a message: unsafe characters become `\x1b` and the like,
and what is over `limit` characters is cut with an ellipsis.
*/
export const printable = (text: string, limit = 500): string => {
	const cut = text.length > limit ? `${text.slice(0, limit)}…` : text;
	return cut.replaceAll(unsafe, escaped);
};

/** Bytes: `640`, `1.2k`, `38k`, `4.1M`. */
export const formatBytes = (bytes: number): string => {
	const units = ['', 'k', 'M', 'G', 'T'];
	let amount = bytes;
	let unit = 0;
	while (amount >= 1000 && unit < units.length - 1) {
		amount /= 1000;
		unit++;
	}

	return `${unit > 0 && amount < 10 ? amount.toFixed(1) : String(Math.round(amount))}${units[unit] ?? ''}`;
};
