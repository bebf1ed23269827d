import {setTimeout as delay} from 'node:timers/promises';
import type {Catalogue} from '../core/catalogue.ts';
import {findTarget, type State} from '../core/state.ts';
import {hintsOf, type Hints} from '../mcp/hints.ts';
import type {Params} from '../mcp/message.ts';
import {ChannelError, type Transport} from '../transport/channel.ts';

type ReadList = (signal: AbortSignal) => Promise<readonly Params[]>;

/**
What the tools of targets say of themselves, for the rules of replay. It is known from the target's catalogue, from lists that
clients read, or by asking: a client may call a tool that it knows from an earlier day without listing them, and that call must not
be the one that is lost.
*/
export type ToolHints = Readonly<{
	/** Of one tool; undefined: unknown, which counts as no. */
	of: (transport: Transport, tool: string | undefined) => Hints | undefined;
	/** Takes what a result of `tools/list` says. `isMore`: a page that follows others. */
	take: (transport: Transport, result: Params, isMore: boolean) => void;
	/** The target says that its tools have changed. */
	forget: (transport: Transport) => void;
	/**
	Before a tool is called: undefined when hints are known, or count for nothing there. Else asks for them (`readList`: all pages
	of `tools/list`), once for everybody, and resolves when they are known, or the target takes too long to say.
	*/
	learn: (transport: Transport, readList: ReadList) => Promise<unknown> | undefined;
}>;

type Note = {
	/** Undefined: nobody has read a list. */
	told: ReadonlyMap<string, Hints> | undefined;
	/** The catalogue there was then: another one is newer than what was told. */
	readonly than: Catalogue | undefined;
};

/** How long a call waits for hints, ms. */
const patience = 1000;
/** How long a target has to say them at all, ms. */
const longest = 30_000;
/** After the connection broke nobody asks again for so long, ms. */
const pause = 1000;

const unmarked: Hints = {isReadOnly: false, isIdempotent: false};

export const createToolHints = (getState: () => State): ToolHints => {
	const notes = new WeakMap<Transport, Note>();
	/** Targets that are being asked, and who waits for that; undefined: nobody any more. */
	const asking = new WeakMap<Transport, {patient: Promise<unknown> | undefined}>();
	/** When a connection broke before hints were said, steady time. */
	const broken = new WeakMap<Transport, number>();
	const catalogueOf = ({plan: {id}}: Transport): Catalogue | undefined => findTarget(getState(), id)?.catalogue;
	/** A catalogue that is newer than what was told or forgotten. */
	const newerThan = (note: Note | undefined, catalogue: Catalogue | undefined): Catalogue | undefined => note?.than === catalogue ? undefined : catalogue;
	const note = (transport: Transport, told: Note['told']): void => {
		notes.set(transport, {told, than: catalogueOf(transport)});
	};

	const isKnown = (transport: Transport): boolean => {
		const known = notes.get(transport);
		return known?.told !== undefined || newerThan(known, catalogueOf(transport)) !== undefined || performance.now() - (broken.get(transport) ?? Number.NEGATIVE_INFINITY) < pause;
	};

	const read = async (transport: Transport, readList: ReadList): Promise<void> => {
		try {
			const pages = await readList(AbortSignal.timeout(longest));
			note(transport, new Map(pages.flatMap(page => [...hintsOf(page)])));
		} catch (error) {
			const isBroken = error instanceof ChannelError && error.trouble.kind !== 'refused' && error.trouble.kind !== 'timeout';
			if (isBroken) {
				broken.set(transport, performance.now());
			} else {
				note(transport, new Map()); // It does not say: that counts as saying nothing.
			}
		} finally {
			asking.delete(transport);
		}
	};

	const begin = async (transport: Transport, readList: ReadList): Promise<unknown> => {
		const patient = Promise.race([read(transport, readList), delay(patience, undefined, {ref: false})]).finally(() => {
			entry.patient = undefined;
		});
		const entry: {patient: Promise<unknown> | undefined} = {patient};
		asking.set(transport, entry);
		return patient;
	};

	return {
		of(transport, tool = '') {
			const known = notes.get(transport);
			const found = newerThan(known, catalogueOf(transport))?.tools.find(({name}) => name === tool);
			return found ? found.hints ?? unmarked : known?.told?.get(tool);
		},
		take(transport, result, isMore) {
			const known = isMore ? notes.get(transport)?.told : undefined;
			note(transport, new Map([...known ?? [], ...hintsOf(result)]));
		},
		forget(transport) {
			note(transport, undefined);
		},
		learn(transport, readList): Promise<unknown> | undefined {
			const {replay, trustsHints} = transport.plan;
			if (replay !== 'hinted' || !trustsHints || isKnown(transport)) {
				return undefined;
			}

			const found = asking.get(transport);
			return found ? found.patient : begin(transport, readList);
		},
	};
};
