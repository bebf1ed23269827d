import {Buffer} from 'node:buffer';
import {newChunkScan, isScanDone, scanChunks} from '../../source/wire/chunked.ts';
import {WireFault} from '../../source/wire/fault.ts';
import {chunked, untilClose} from '../../source/wire/framing.ts';
import {gather, newGathering} from '../../source/wire/gather.ts';
import {fieldsOf} from '../../source/wire/fields.ts';
import {allFields, readRequestHead} from '../../source/wire/request-head.ts';
import {readResponseHead} from '../../source/wire/response-head.ts';

/** A message as the codec framed it; `isWhole`: its body came to its end. */
export type Framed = Readonly<{line: string; fields: readonly string[]; body: string; isWhole: boolean; /** Its body ends with the connection. */ isOpenEnded: boolean}>;

export type Reading = Readonly<{messages: readonly Framed[]; fault: WireFault | undefined}>;

/** Cuts bytes at these places (shares of the whole), in copies of their own: the scanner moves data within them. */
export const cut = (text: string, places: readonly number[]): Buffer[] => {
	const bytes = Buffer.from(text, 'latin1');
	const at = [0, ...places.map(place => Math.floor(place * bytes.length)).toSorted((a, b) => a - b), bytes.length];
	return at.slice(1).map((end, index) => Buffer.from(bytes.subarray(at[index], end))).filter(({length}) => length > 0);
};

/** Reads messages off pieces of a connection as the data plane does. `methods`: read responses, to these requests. */
export const readMessages = (pieces: readonly Buffer[], methods?: readonly string[]): Reading => {
	const messages: Array<{line: string; fields: readonly string[]; body: string; isWhole: boolean; isOpenEnded: boolean}> = [];
	const gathering = newGathering(methods ? 'response' : 'request', 32_768);
	let left = 0;
	let scan: ReturnType<typeof newChunkScan> | undefined;
	let answered = 0;
	const take = (piece: Buffer, from: number): number => {
		const last = messages.at(-1);
		if (last && !last.isWhole) {
			if (scan) {
				last.body += scanChunks(scan, piece, from).toString('latin1');
				last.isWhole = isScanDone(scan);
				return scan.end;
			}

			const end = Math.min(piece.length, from + left);
			last.body += piece.toString('latin1', from, end);
			left -= end - from;
			last.isWhole = left === 0;
			return end;
		}

		const span = gather(gathering, piece, from);
		if (!span) {
			return piece.length;
		}

		const inPiece = piece.length - (span.bytes.length - span.next);
		let line: string;
		let length: number;
		let fields: readonly string[];
		if (methods) {
			const head = readResponseHead(span, methods[answered] ?? 'GET', 200);
			answered += head.status < 200 ? 0 : 1;
			({length} = head);
			fields = fieldsOf(head.lines);
			line = String(head.status);
		} else {
			const head = readRequestHead(span, 200);
			({length} = head);
			fields = allFields(head);
			line = `${head.method} ${head.target} ${head.version}`;
		}

		scan = length === chunked ? newChunkScan() : undefined;
		left = length === untilClose ? Number.POSITIVE_INFINITY : length;
		messages.push({line, fields, body: '', isWhole: length === 0, isOpenEnded: length === untilClose});
		return inPiece;
	};

	try {
		for (const piece of pieces) {
			for (let at = 0; at < piece.length;) {
				at = take(piece, at);
			}
		}
	} catch (error) {
		if (error instanceof WireFault) {
			return {messages, fault: error};
		}

		throw error;
	}

	return {messages, fault: undefined};
};
