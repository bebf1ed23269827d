import {X509Certificate} from 'node:crypto';
import fs from 'node:fs';
import tls from 'node:tls';
import type {Endpoint} from '../http/endpoint.ts';
import type {Finding} from './explain.ts';
import type {KeyPath} from './fault.ts';
import type {TargetSettings} from './schema.ts';

/** The TLS side of a target, its PEM files read; what can not be read or is no PEM is a finding. */
export const readCertificates = (id: string, {tls: {verify, servername, ...files}}: TargetSettings): {tls: Endpoint['tls']; findings: Finding[]} => {
	const findings: Finding[] = [];
	const read = (key: 'ca' | 'cert' | 'key'): Partial<Record<typeof key, string>> => {
		const file = files[key];
		if (file === undefined) {
			return {};
		}

		try {
			return {[key]: fs.readFileSync(file, 'utf8')};
		} catch (error) {
			findings.push({path: ['proxy', 'targets', id, 'tls', key], message: `can not be read: ${reasonOf(error)}`});
			return {};
		}
	};

	const pems = {...read('ca'), ...read('cert'), ...read('key')};
	if (findings.length === 0) {
		findings.push(...checkPems(id, pems));
	}

	return {tls: {...pems, ...(servername === undefined ? {} : {servername}), isVerified: verify}, findings};
};

const reasonOf = (error: unknown): string => error instanceof Error ? error.message : String(error);

const checkPems = (id: string, {ca, cert, key}: {ca?: string; cert?: string; key?: string}): Finding[] => {
	const path = ['proxy', 'targets', id, 'tls'];
	if ((cert === undefined) !== (key === undefined)) {
		const missing = cert === undefined ? 'cert' : 'key';
		return [{path: [...path, missing], message: 'is missing; certificate and key go together'}];
	}

	return [
		...attempt([...path, 'ca'], () => ca === undefined || new X509Certificate(ca)), // A secure context takes no offence at authorities it can not read.
		...attempt([...path, 'cert'], () => cert === undefined || tls.createSecureContext({cert, key})),
	];
};

const attempt = (path: KeyPath, use: () => unknown): Finding[] => {
	try {
		use();
		return [];
	} catch (error) {
		return [{path, message: `can not be used: ${reasonOf(error)}`}];
	}
};
