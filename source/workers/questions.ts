import type {TargetId} from '../core/target.ts';
import type {FromWorker, ToWorker} from './messages.ts';

/** Whether a target answers its probe, as a worker asks: the prober is in the daemon's thread. */
export type Questions = Readonly<{
	ask: (target: TargetId, limit: number) => Promise<boolean | undefined>;
	take: (answer: Extract<ToWorker, {type: 'answered'}>) => void;
}>;

export const createQuestions = (post: (message: FromWorker) => void): Questions => {
	const waiting = new Map<number, (isAlive: boolean | undefined) => void>();
	let count = 0;
	return {
		ask: async (target, limit) => new Promise(resolve => {
			const question = ++count;
			waiting.set(question, resolve);
			post({type: 'question', question, target, limit});
		}),
		take({question, isAlive}) {
			waiting.get(question)?.(isAlive);
			waiting.delete(question);
		},
	};
};
