import {Worker} from 'node:worker_threads';
import test from 'ava';
import {findTarget} from '../../source/core/state.ts';
import {startDaemonWorker} from '../../source/daemon/worker.ts';
import {settingsPlace} from '../helpers/rig.ts';
import {startTargetProcess} from '../helpers/target-process.ts';
import {until} from '../helpers/until.ts';

/** Asks one time after the other from a thread of its own, and tells when each answer came, by the wall clock. */
const client = `
const {parentPort, workerData} = require('node:worker_threads');
const {get} = require('node:http');
const ask = () => {
	get(workerData, response => {
		response.resume().once('end', () => {
			parentPort.postMessage({at: Date.now(), status: response.statusCode});
			setTimeout(ask, 5);
		});
	}).once('error', error => {
		parentPort.postMessage({at: Date.now(), status: error.code});
	});
};
ask();
`;

const blockedTime = 1000;

for (const workers of [1, 2]) {
	test(`however long a frame takes to draw, requests are answered meanwhile (${workers === 1 ? 'one worker' : 'several workers'})`, async t => {
		const target = await startTargetProcess(t, 'target');
		const place = settingsPlace(t, {a: target.url}, {server: {workers}});
		const daemon = await startDaemonWorker({load: {path: place.config}, version: 'test', stateFolder: place.folder}, () => undefined);
		await until('the target is up', () => findTarget(daemon.client.getState(), 'a')?.health.status === 'up');
		const asking = new Worker(client, {eval: true, workerData: `${daemon.url}/x`});
		const answers: Array<Readonly<{at: number; status: unknown}>> = [];
		asking.on('message', (answer: {at: number; status: unknown}) => {
			answers.push(answer);
		});
		await until('answers come', () => answers.length > 5);

		const begin = Date.now();
		Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, blockedTime); // This thread, where the dashboard is drawn, does nothing else.
		const end = Date.now();
		await until('what came meanwhile is heard of', () => answers.some(({at}) => at > end));
		const meanwhile = answers.filter(({at}) => at > begin && at < end);
		t.true(meanwhile.length > 5, `${meanwhile.length} answers within ${end - begin} ms`);
		t.true(answers.every(({status}) => status === 200));

		await asking.terminate();
		await daemon.client.run({type: 'stop', cause: 'test'});
		await daemon.done;
	});
}
