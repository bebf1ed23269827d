import type {RawHeaders} from '../http/exchange.ts';
import {isResponse, type Params, type Request, type Success} from '../mcp/message.ts';
import {textIn} from '../mcp/parse.ts';
import {ChannelError, type Channel, type Receiver, type Transport, type Trouble} from './channel.ts';

/** One request of our own, in a session or (given a transport) without one; messages before its answer are let go. Rejects with a `ChannelError`. */
export const ask = async (channel: Channel | Transport, request: Request, {headers = [], signal}: Readonly<{headers?: RawHeaders; signal?: AbortSignal}> = {}): Promise<Success> => new Promise((resolve, reject) => {
	const refuse = (trouble: Trouble): void => {
		reject(new ChannelError(trouble));
	};

	const receiver: Receiver = {
		onMessage(message) {
			if (isResponse(message)) {
				if ('result' in message) {
					resolve(message);
				} else {
					refuse({kind: 'refused', failure: {code: 'REFUSED', message: message.error.message}, response: message});
				}
			}

			return true;
		},
		onTrouble: refuse,
	};
	const call = 'request' in channel ? channel.request(request, receiver, {headers}) : channel.send?.(request, headers, {...receiver, onHead: () => undefined});
	signal?.addEventListener('abort', () => {
		call?.abort();
		refuse({kind: 'timeout', failure: {code: 'TARGET_TIMEOUT', message: 'no answer in time'}});
	}, {once: true});
});

/** Pages of one list that are read at most. */
const mostPages = 50;

/** All pages of a list, `askPage` asking for one; a cursor that comes again ends it. */
export const readPages = async (askPage: (parameters: Params | undefined, page: number) => Promise<Success>): Promise<Params[]> => {
	const pages: Params[] = [];
	const seen = new Set<string>();
	let parameters: Params | undefined;
	for (let page = 0; page < mostPages; page++) {
		const {result} = await askPage(parameters, page); // eslint-disable-line no-await-in-loop -- each page names the next
		pages.push(result);
		const cursor = textIn(result, 'nextCursor');
		if (cursor === undefined || seen.has(cursor)) {
			break;
		}

		seen.add(cursor);
		parameters = {cursor};
	}

	return pages;
};
