import {isAlive, isSameProcess, portOf, readRecord, readRecords, removeRecord, startTimeOf, stateFolder, type DaemonRecord} from '../store/record.ts';
import type {StatusDocument} from './shapes.ts';
import {callRest, parseAddress, type Address} from './rest.ts';

/** A daemon that was found. */
export type Daemon = Address & Readonly<{
	/** What it said of itself just now; undefined when it lives but does not answer. */
	status: StatusDocument | undefined;
	/** The record it left, when there is one and it is proven to be of this very daemon. Only then may its pid be sent a signal. */
	record: DaemonRecord | undefined;
}>;

type Where = Readonly<{
	/** Where to look; else where `port` says. */
	url?: string | undefined;
	/** A port of this machine; else every record is tried. */
	port?: number | undefined;
	token?: string | undefined;
	folder?: string;
	/** Milliseconds to wait for an answer. */
	timeout?: number;
}>;

const isStatus = (value: unknown): value is StatusDocument => typeof value === 'object' && value !== null
	&& 'activeSystem' in value && 'pid' in value && typeof value.pid === 'number' && 'targets' in value && Array.isArray(value.targets);

const ask = async (address: Address, timeout: number): Promise<StatusDocument | undefined> => {
	try {
		const status = await callRest(address, 'GET', '/api/proxy/status', {timeout});
		return isStatus(status) ? status : undefined;
	} catch {
		return undefined;
	}
};

/**
A record is believed when the daemon at its address answers with its pid. One that does not answer is still known by its
pid and start time together. Anything else is stale: it is removed, and its pid, which may be another process's by now, is
left alone.
*/
const verify = async (record: DaemonRecord, token: string | undefined, {folder = stateFolder(), timeout = 2000}: Where): Promise<Daemon | undefined> => {
	const address: Address = {url: record.url, token: token ?? record.token};
	const status = await ask(address, timeout);
	const isSame = startTimeOf(record.pid) === undefined ? isAlive(record.pid) : isSameProcess(record);
	if (status?.pid === record.pid && isSame) {
		return {...address, status, record};
	}

	if (!status && isSameProcess(record)) {
		return {...address, status: undefined, record};
	}

	removeRecord(record, folder);
	return status && {...address, status, record: undefined};
};

const isSamePlace = (url: string, {url: known}: DaemonRecord): boolean => portOf(url) === portOf(known) && loopback.has(new URL(url).hostname) && loopback.has(new URL(known).hostname);
const loopback = new Set(['localhost', '127.0.0.1', '[::1]']);

/** The daemons that run where asked: none, one, or, without `url` and `port`, all that left a record here. Never throws for a daemon that is not there; `USAGE` for a bad address. */
export const findDaemons = async (where: Where): Promise<Daemon[]> => {
	const {port, token, folder = stateFolder(), timeout = 2000} = where;
	const url = where.url === undefined ? undefined : parseAddress(where.url);
	if (url === undefined && port === undefined) {
		const found = await Promise.all(readRecords(folder).map(async record => verify(record, token, where)));
		return found.filter(daemon => daemon !== undefined);
	}

	const place = url ?? `http://localhost:${port ?? 0}`;
	const record = readRecord(portOf(place), folder);
	if (record && (url === undefined || record.url === url || isSamePlace(url, record))) {
		const daemon = await verify(record, token, where);
		return daemon ? [daemon] : [];
	}

	// A daemon that left no record here may be another user's, or in a container.
	const status = await ask({url: place, token}, timeout);
	return status ? [{url: place, token, status, record: undefined}] : [];
};

/** The first daemon that runs where asked and answers. */
export const findDaemon = async (where: Where): Promise<Daemon | undefined> => {
	const daemons = await findDaemons(where);
	return daemons.find(({status}) => status !== undefined);
};
