import {readdirSync} from 'node:fs';
import {performance} from 'node:perf_hooks';
import process from 'node:process';
import {setImmediate} from 'node:timers/promises';
import type {Metric, Sample} from './table.ts';

const one = (value: number): readonly Sample[] => [[{}, value]];

const openFiles = (): readonly Sample[] => {
	try {
		return one(readdirSync('/proc/self/fd').length);
	} catch {
		return []; // Only Linux has it.
	}
};

/** How late a turn of the event loop is now. Measured when asked: a standing timer would wake an idle process. */
const lag = async (): Promise<readonly Sample[]> => {
	const start = performance.now();
	await setImmediate();
	return one((performance.now() - start) / 1000);
};

/** Metrics of the process, under the names that dashboards for Prometheus know. */
export const processMetrics: readonly Metric[] = [
	{name: 'process_cpu_user_seconds_total', help: 'User CPU time of the process.', type: 'counter', labels: [], read: () => one(process.cpuUsage().user / 1e6)},
	{name: 'process_cpu_system_seconds_total', help: 'System CPU time of the process.', type: 'counter', labels: [], read: () => one(process.cpuUsage().system / 1e6)},
	{name: 'process_resident_memory_bytes', help: 'Resident memory of the process.', type: 'gauge', labels: [], read: () => one(process.memoryUsage.rss())},
	{name: 'process_open_fds', help: 'Open file descriptors of the process.', type: 'gauge', labels: [], read: openFiles},
	{name: 'nodejs_heap_size_used_bytes', help: 'JavaScript heap in use by the proxy\'s thread.', type: 'gauge', labels: [], read: () => one(process.memoryUsage().heapUsed)},
	{name: 'nodejs_eventloop_lag_seconds', help: 'Lag of the event loop, measured while answering.', type: 'gauge', labels: [], read: lag},
	{name: 'nodejs_eventloop_active_seconds_total', help: 'Time the event loop was not idle.', type: 'counter', labels: [], read: () => one(performance.eventLoopUtilization().active / 1000)},
];
