/** What is asked: 200 bytes, or 1 KB there and back. */
export type Kind = 'GET' | 'POST';

const postBody = 'y'.repeat(1024);

/** Bytes of the body that belongs to the answer. */
export const sizeOf = (kind: Kind): number => kind === 'POST' ? postBody.length : 200;

/** One whole request. */
export const requestBytes = (kind: Kind, port: number, path = '/bench'): Buffer => {
	const head = [`${kind} ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, 'User-Agent: bench', 'Accept: */*'];
	const lines = kind === 'POST' ? [...head, 'Content-Type: application/octet-stream', `Content-Length: ${postBody.length}`] : head;
	return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${kind === 'POST' ? postBody : ''}`, 'latin1');
};
