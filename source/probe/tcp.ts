import {once} from 'node:events';
import {connect} from 'node:net';
import {demandEndpoint, type Probe} from './probe.ts';

export const tcp: Probe = {
	kind: 'tcp',
	summary: 'opens a connection and closes it',
	async run(watched, signal) {
		const {url} = demandEndpoint(watched);
		const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
		const socket = connect({host: url.hostname.replaceAll(/^\[|\]$/gv, ''), port});
		socket.on('error', () => undefined); // What comes after the verdict does not change it.
		try {
			await once(socket, 'connect', {signal});
		} finally {
			socket.destroy();
		}

		return undefined;
	},
};
