/**
What is wrong with a message. `syntax`: not HTTP/1.1 by its grammar. `framing`: where it ends is not certain. `head`: more bytes or
fields than allowed. `body`: a size beyond all reason.
*/
export type FaultKind = 'syntax' | 'framing' | 'head' | 'body';

/** Bytes that are refused. `message` is a part of a sentence, such as `Content-Length is not one number`; it never repeats what was sent. */
export class WireFault extends Error {
	override readonly name = 'WireFault';
	readonly kind: FaultKind;

	constructor(kind: FaultKind, message: string) {
		super(message);
		this.kind = kind;
	}

	get code(): string {
		return 'NOT_HTTP';
	}
}
