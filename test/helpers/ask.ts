import {Buffer} from 'node:buffer';
import {request, type IncomingHttpHeaders} from 'node:http';

export type Answer = Readonly<{
	status: number;
	headers: IncomingHttpHeaders;
	text: string;
	/** The body as JSON; undefined when it is none. */
	json: unknown;
}>;

const parse = (text: string): unknown => {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
};

/** One request to 127.0.0.1 with exactly these fields and exactly this path: nothing is normalised, as `fetch` would. */
export const ask = async (
	port: number,
	path: string,
	{method = 'GET', headers = {}, body}: {method?: string; headers?: Record<string, string>; body?: string | Uint8Array} = {},
): Promise<Answer> => new Promise((resolve, reject) => {
	const asked = request({host: '127.0.0.1', port, path, method, headers, agent: false}, async response => {
		try {
			const chunks: Uint8Array[] = [];
			for await (const chunk of response) {
				chunks.push(chunk as Uint8Array);
			}

			const text = Buffer.concat(chunks).toString();
			resolve({status: response.statusCode ?? 0, headers: response.headers, text, json: parse(text)});
		} catch (error) {
			reject(error instanceof Error ? error : new Error(String(error)));
		}
	});
	asked.on('upgrade', (response, socket) => {
		socket.destroy();
		resolve({status: response.statusCode ?? 0, headers: response.headers, text: '', json: undefined});
	});
	asked.on('error', reject);
	asked.end(body);
});

/** A change, as the page and the remote client send it. */
export const post = async (port: number, path: string, value: unknown, headers: Record<string, string> = {}): Promise<Answer> => ask(port, path, {
	method: 'POST',
	headers: {'content-type': 'application/json', ...headers},
	body: typeof value === 'string' ? value : JSON.stringify(value),
});
