import {formatDuration} from '../../core/duration.ts';
import {count} from '../../core/sentence.ts';
import {differenceTo, tellDifference} from '../../core/gate.ts';
import {flapLevel, inOrder, isFlapping, noAnswer, preferred, sessionsOf, stateWord, type State, type TargetState} from '../../core/state.ts';
import {formatAgo, formatCount, formatFor, formatShare, formatTime} from '../text.ts';
import {fillPieces, statePiece, type Look, type Piece} from '../theme.ts';

/** A fact about a target: a word and what it says. `isWhole`: it needs a line for itself. */
export type FactLine = Readonly<{word: string; pieces: readonly Piece[]; isWhole?: boolean}>;

/** A steady moment on the wall: steady and wall times of the last health change are known, so later steady times can be placed. */
const steadyNow = ({healthAt, healthNow}: TargetState, at: number): number => healthNow + Math.max(0, at - healthAt);

const healthPieces = (look: Look, target: TargetState, at: number): Piece[] => {
	const {health, healthAt, admin} = target;
	const since = ` ${formatFor(at - healthAt)}`;
	const found = admin === 'ready' ? '' : `, probes say ${health.status}`;
	return [statePiece(look, stateWord(target)), health.status === 'unknown' && admin === 'ready' ? ' first probe running' : `${found}${since} `, ['dim', `(since ${formatTime(healthAt)})`]];
};

const probeSummary = ({probes}: TargetState): string => {
	const answered = probes.filter(ms => ms !== noAnswer).toSorted((a, b) => a - b);
	const median = answered[Math.floor(answered.length / 2)];
	return median === undefined ? '' : `median ${formatDuration(median)} of ${probes.length}`;
};

const checkPieces = (target: TargetState, state: State, at: number): Piece[] => {
	const {health, probe, flaps} = target;
	const needed = health.status === 'down' ? state.rules.rise : state.rules.fall;
	const towards = health.status === 'down' ? 'passes' : 'fails';
	const now = steadyNow(target, at);
	const level = flapLevel(flaps, now, state.rules);
	const flapping: Piece = isFlapping(target, now, state.rules) ? ['yellow', '  FLAPPING'] : (level > 0 ? `  flaps ${level}` : '');
	return [`${towards} ${health.streak}/${needed}`, probe ? `  checked ${formatAgo(at - probe.at)}${probe.isPassed ? '' : ', no answer'}` : '  none yet', flapping];
};

const failureFacts = ({failure}: TargetState): FactLine[] => {
	if (!failure) {
		return [];
	}

	const {code, message} = failure;
	return [{word: 'Failure', isWhole: true, pieces: message.includes(code) ? [message] : [['red', code], ` ${message}`]}];
};

const trafficPieces = ({traffic}: TargetState): Piece[] => {
	const {requests, errors, inFlight, p50, p95, p99} = traffic;
	const share = requests === 0 ? undefined : errors / requests;
	const latencies = p50 === undefined ? '' : `  p95 ${formatDuration(p95 ?? p50)} p99 ${formatDuration(p99 ?? p50)}`;
	const flight = inFlight === 0 ? '' : `  ${inFlight} in flight`;
	return [`${formatCount(requests)} req`, errors === 0 ? '  no errors' : `  ${formatCount(errors)} errors (${formatShare(share)}%)`, latencies, flight];
};

/** The failover order, the active target marked. */
export const orderPieces = (look: Look, state: State): Piece[] => inOrder(state).filter(({admin}) => admin === 'ready').flatMap(({target}, index) => {
	const name: Piece = target.id === state.active ? [['bold', 'cyan'], target.id] : target.id;
	return index === 0 ? [name] : [['dim', ` ${look.glyphs.arrow} `] satisfies Piece, name];
});

const preferredPieces = (state: State): Piece[] => {
	const id = preferred(state);
	const how = state.pin ? `pinned ${state.pin.mode}` : (state.rules.failback === 'automatic' ? `failback after ${formatDuration(state.rules.failbackDelay)} up` : 'failback by hand');
	return [id ?? 'none', ['dim', ` (${how})`]];
};

/** What it says of itself as an MCP server, and who is on it. */
const mcpFacts = ({target: {id}, catalogue}: TargetState, state: State): FactLine[] => {
	const sessions = sessionsOf(state, id);
	if (!catalogue && sessions.length === 0) {
		return [];
	}

	const flight = sessions.reduce((sum, {inFlight}) => sum + inFlight, 0);
	return [
		...(catalogue
			? [
				{word: 'Server', pieces: [catalogue.server, ['dim', `  MCP ${catalogue.protocol}`]]} satisfies FactLine,
				{word: 'Offers', pieces: [`tools ${catalogue.tools.length}  resources ${catalogue.resources.length}  prompts ${catalogue.prompts.length}`]} satisfies FactLine,
			]
			: []),
		{word: 'Sessions', pieces: [String(sessions.length), flight === 0 ? '' : `  ${count(flight, 'call')} in flight`]},
	];
};

/** What is amiss although it is up. */
const doubtFacts = ({target: {id}, note}: TargetState, state: State): FactLine[] => {
	const difference = id === state.active ? undefined : differenceTo(state, id);
	return [
		...(note === undefined ? [] : [{word: 'Note', isWhole: true, pieces: [['yellow', note]]} satisfies FactLine]),
		...(difference ? [{word: 'Differs', isWhole: true, pieces: [['yellow', tellDifference(difference)], ['dim', `  from ${state.active ?? 'the active one'}`]]} satisfies FactLine] : []),
	];
};

/** All that is known of a target, in the order of the page. */
export const targetFacts = (look: Look, target: TargetState, state: State, at: number): FactLine[] => [
	{word: 'State', pieces: healthPieces(look, target, at)},
	{word: 'Endpoint', pieces: [target.target.url]},
	{word: 'Probe', pieces: [target.target.probe, ['dim', `  ${probeSummary(target)}`]]},
	{word: 'Checks', pieces: checkPieces(target, state, at)},
	...mcpFacts(target, state),
	{word: 'Traffic', pieces: trafficPieces(target)},
	{word: 'Preferred', pieces: preferredPieces(state)},
	...failureFacts(target),
	...doubtFacts(target, state),
	{word: 'Order', isWhole: true, pieces: orderPieces(look, state)},
	{word: 'Active', isWhole: true, pieces: [state.active ?? 'none', ['dim', ` since ${formatTime(state.switchedAt)}: ${state.detail}`]]},
];

/** Facts side by side where there is room, else below each other. Each result is one line's pieces. */
export const factLines = (look: Look, facts: readonly FactLine[], width: number): Piece[][] => {
	const wordWidth = 10;
	const one = ({word, pieces}: FactLine): Piece[] => [' ', ['dim', word.padEnd(wordWidth)], ...pieces];
	if (width < 100) {
		return facts.map(fact => one(fact));
	}

	const half = Math.floor(width / 2);
	const pairs = facts.filter(({isWhole}) => !isWhole);
	const lines: Piece[][] = [];
	for (let index = 0; index < pairs.length; index += 2) {
		const [left, right] = [pairs[index], pairs[index + 1]];
		lines.push([...(left ? fillPieces(look, one(left), half - 1) : []), ' ', ...(right ? one(right) : [])]);
	}

	return [...lines, ...facts.filter(({isWhole}) => isWhole).map(fact => one(fact))];
};
