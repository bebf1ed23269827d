import {Buffer} from 'node:buffer';
import type {Duplex} from 'node:stream';
import {AppError} from '../core/errors.ts';
import type {WireFault} from '../wire/fault.ts';
import {responseHead} from '../wire/write.ts';

/** What is wrong with a request's bytes, as an error for the client. */
export const faultError = ({kind, message}: WireFault): AppError => {
	switch (kind) {
		case 'head': {
			return new AppError('HEAD_TOO_LARGE', `The request is refused: ${message}.`);
		}

		case 'body': {
			return new AppError('BODY_TOO_LARGE', `The request is refused: ${message}.`);
		}

		case 'syntax':
		case 'framing': {
			return new AppError('BAD_REQUEST', `The request is not valid HTTP/1.1: ${message}.`);
		}
	}
};

/** A whole reply that says that the connection ends. */
export const refusal = (error: AppError): string => {
	const body = `${JSON.stringify(error)}\n`;
	return responseHead(error.status, [
		'Content-Type',
		'application/json; charset=utf-8',
		'Proxy-Status',
		'proxy-mcp; error=http_request_error',
		'Content-Length',
		String(Buffer.byteLength(body)),
	], 'Connection: close\r\n') + body;
};

/** A reply where there is no exchange any more; then the connection ends. */
export const refuse = (socket: Duplex, error: AppError): void => {
	socket.end(refusal(error), () => {
		socket.destroy();
	});
};
