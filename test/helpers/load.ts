import {setInterval} from 'node:timers';
import {Agent, request, type Dispatcher} from 'undici';

/** What became of one request of the load: its status and body, or why there was none. */
export type Outcome = Readonly<{method: 'GET' | 'POST'; id: number; status: number; body: string; error: string | undefined; startedAt: number; endedAt: number}>;

export type Load = Readonly<{
	outcomes: readonly Outcome[];
	/** Requests asked and not answered yet. */
	waiting: () => number;
	/** No more requests; resolves when all are answered. Asking twice is once. */
	stop: () => Promise<readonly Outcome[]>;
}>;

/** An open-loop load: `rate` requests a second, GET and POST in turn, whether or not the earlier ones are answered. The body of a POST is its id. */
export const startLoad = (url: string, rate: number): Load => {
	const agent = new Agent({connections: 64, pipelining: 1});
	const outcomes: Outcome[] = [];
	const open = new Set<Promise<void>>();
	let id = 0;

	const ask = async (method: Outcome['method'], number: number): Promise<void> => {
		const startedAt = performance.now();
		const options: Pick<Dispatcher.RequestOptions, 'method'> & {body?: string} = method === 'POST' ? {method, body: String(number)} : {method};
		try {
			const {statusCode, body} = await request(`${url}/work/${number}`, {...options, dispatcher: agent});
			outcomes.push({method, id: number, status: statusCode, body: await body.text(), error: undefined, startedAt, endedAt: performance.now()});
		} catch (error) {
			outcomes.push({method, id: number, status: 0, body: '', error: String(error), startedAt, endedAt: performance.now()});
		}
	};

	const timer = setInterval(() => {
		id++;
		const work = ask(id % 2 === 0 ? 'GET' : 'POST', id);
		open.add(work);
		void work.finally(() => open.delete(work));
	}, 1000 / rate);

	let ended: Promise<void> | undefined;
	const end = async (): Promise<void> => {
		clearInterval(timer);
		await Promise.all(open);
		await agent.close();
	};

	return {
		outcomes,
		waiting: () => open.size,
		async stop() {
			ended ??= end();
			await ended;
			return outcomes;
		},
	};
};
