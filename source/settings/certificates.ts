import {X509Certificate} from 'node:crypto';
import fs from 'node:fs';
import process from 'node:process';
import type {Finding} from './explain.ts';
import type {KeyPath} from './fault.ts';

/** The keys of a `tls` section that name PEM files. */
export const pemFiles = ['ca', 'cert', 'key'] as const;

type PemFile = (typeof pemFiles)[number];

/** The part of a `tls` section that names them. */
export type PemPaths = Readonly<Partial<Record<PemFile, string | undefined>>>;

/** PEM texts, not paths. */
export type Pems = Readonly<Partial<Record<PemFile, string>>>;

/** Reads the PEM files of the `tls` section at `path`; what can not be read or is no PEM is a finding. */
export const readCertificates = (path: KeyPath, files: PemPaths): {pems: Pems; findings: Finding[]} => {
	const findings: Finding[] = [];
	const read = (key: PemFile): Pems => {
		const file = files[key];
		if (file === undefined) {
			return {};
		}

		try {
			return {[key]: fs.readFileSync(file, 'utf8')};
		} catch (error) {
			findings.push({path: [...path, key], message: `can not be read: ${reasonOf(error)}`});
			return {};
		}
	};

	const pems = {...read('ca'), ...read('cert'), ...read('key')};
	return {pems, findings: findings.length > 0 ? findings : checkPems(path, pems)};
};

const reasonOf = (error: unknown): string => error instanceof Error ? error.message : String(error);

const checkPems = (path: KeyPath, {ca, cert, key}: Pems): Finding[] => {
	if ((cert === undefined) !== (key === undefined)) {
		const missing = cert === undefined ? 'cert' : 'key';
		return [{path: [...path, missing], message: 'is missing; certificate and key go together'}];
	}

	return [
		...attempt([...path, 'ca'], () => ca === undefined || new X509Certificate(ca)), // A secure context takes no offence at authorities it can not read.
		...attempt([...path, 'cert'], () => cert === undefined || process.getBuiltinModule('node:tls').createSecureContext({cert, key})),
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
