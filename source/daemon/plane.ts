import process from 'node:process';
import {parentPort, workerData} from 'node:worker_threads';
import type {Action} from '../core/action.ts';
import {toAppError} from '../core/errors.ts';
import {evolve} from '../core/evolve.ts';
import type {Identity} from '../http/endpoint.ts';
import {createGuard} from '../http/guard.ts';
import {createAccessBatch} from '../observe/batch.ts';
import {startListener} from '../proxy/listener.ts';
import {createSilence} from '../probe/silence.ts';
import {createProxy} from '../proxy/proxy.ts';
import {createPulses} from '../upstream/pulse.ts';
import {crowdOf} from '../workers/slots.ts';
import {createLending} from '../workers/lend.ts';
import {createOutbox, type FromWorker, type ToWorker} from '../workers/messages.ts';
import {mayBeOurs} from '../workers/paths.ts';
import {readEndpoints, type WorkerStart} from '../workers/plan.ts';
import {createQuestions} from '../workers/questions.ts';
import {surviveFaults} from './faults.ts';

/*
A worker thread's own beginning: a listener and a data plane, over a mirror of the state. What it is asked that the proxy answers
itself, it lends to the daemon's thread. Started by `daemon.ts` only.
*/
const start = workerData as WorkerStart; // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion -- workers/member.ts hands over exactly this
let {plan, state} = start;
let endpoints = readEndpoints(plan.endpoints);

const {post, flush} = createOutbox<FromWorker>({
	postMessage(value, transfer) {
		parentPort?.postMessage(value, transfer);
	},
});
const notice = (message: string): void => {
	post({type: 'notice', message});
};

surviveFaults(notice);
const lines = createAccessBatch(() => plan.accessFormat, text => {
	post({type: 'lines', text});
});
const dispatch = (action: Action): void => {
	post({type: 'report', action});
};

const questions = createQuestions(post);
const silence = createSilence({
	getState: () => state,
	getSettings: () => plan.silence,
	dispatch,
	prober: {
		answers: questions.ask,
		check(ids) {
			for (const id of ids) {
				dispatch({type: 'check', id});
			}
		},
	},
});
const proxy = createProxy({
	getState: () => state,
	getEndpoint: id => endpoints.get(id)?.endpoint,
	getLimits: () => plan.limits,
	getPulse: createPulses(silence.watch),
	dispatch,
	onAccess(record) {
		if (plan.accessFormat !== 'none') {
			lines.add(record);
		}
	},
	report(meter) {
		const tallies = meter.takeOut();
		if (tallies.length > 0) {
			post({type: 'tallies', tallies});
		}
	},
});
const guard = createGuard(() => plan.guard);
const lending = createLending(post);

const stop = async (drain: number): Promise<void> => {
	const {close} = await listening;
	await close(drain);
	proxy.stop();
	proxy.flush();
	lines.flush();
	post({type: 'closed'});
	flush();
	process.exit();
};

const renew = async (identity: Identity): Promise<void> => {
	const listener = await listening;
	listener.renew(identity);
};

const take = (message: ToWorker): void => {
	if ('id' in message) {
		lending.take(message);
		return;
	}

	switch (message.type) {
		case 'event': {
			const {event} = message.stamped;
			state = evolve(state, event, message.stamped);
			silence.react(event);
			proxy.react(event);
			break;
		}

		case 'plan': {
			({plan} = message);
			endpoints = readEndpoints(plan.endpoints, endpoints);
			if (plan.secure) {
				void renew(plan.secure.identity);
			}

			break;
		}

		case 'answered': {
			questions.take(message);
			break;
		}

		case 'close': {
			void stop(message.drain);
			break;
		}
	}
};

parentPort?.on('message', (messages: readonly ToWorker[]) => {
	for (const message of messages) {
		take(message);
	}
});

const listening = startListener({
	host: plan.host,
	port: plan.port,
	secure: plan.secure,
	getLimits: () => plan.limits,
	crowd: crowdOf(start.slots, start.index),
	log: notice,
	handle(exchange) {
		if (mayBeOurs(exchange.head.path, plan.paths)) {
			lending.lend(exchange);
			return true;
		}

		return guard(exchange) || proxy.handle(exchange);
	},
});

try {
	await listening;
	post({type: 'listening'});
} catch (error) {
	notice(`a worker can not listen: ${toAppError(error).message}`);
	flush();
	process.exit(1);
}
