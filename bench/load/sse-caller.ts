import {connect} from 'node:net';
import {introduce, type Caller} from './callers.ts';

/** A client over HTTP with SSE (the transport of 2024-11-05), which mcp-hub speaks: answers come on one stream, posts are only accepted. */
export const createSseCaller = async (port: number): Promise<Caller> => {
	const {promise: endpoint, resolve: setEndpoint, reject} = Promise.withResolvers<string>();
	let settle: ((text: string | undefined) => void) | undefined;
	let text = '';
	const stream = connect({port, host: '127.0.0.1', noDelay: true});
	stream.setEncoding('latin1');
	stream.write(`GET /mcp HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: text/event-stream\r\n\r\n`, 'latin1');
	stream.on('data', (chunk: string) => {
		text += chunk;
		const path = /\ndata: (\/\S+)/v.exec(text)?.[1];
		if (path !== undefined) {
			setEndpoint(path);
			text = '';
		} else if (text.includes('\ndata: ') && text.includes('\n\n')) {
			settle?.(text);
			text = '';
		}
	});
	stream.on('error', () => {
		stream.destroy();
	});
	stream.on('close', () => {
		reject(new Error(`The stream ended: ${text}`));
		settle?.(undefined);
	});
	const path = await endpoint;
	return introduce(port, async (wire, message) => {
		const answer = new Promise<string | undefined>(resolve => {
			settle = resolve;
		});
		await wire.post(path, message, []);
		const answered = message.includes('"id":') ? await answer : '';
		if (answered === undefined) {
			throw new Error('The stream ended.');
		}

		return answered;
	});
};
