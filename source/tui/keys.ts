import type {Key} from 'ink';
import {graphemes} from './text.ts';

const special = (key: Key): string | undefined => {
	if (key.tab) {
		return key.shift ? 'shift-tab' : 'tab';
	}

	const names: ReadonlyArray<readonly [boolean, string]> = [
		[key.upArrow, 'up'],
		[key.downArrow, 'down'],
		[key.leftArrow, 'left'],
		[key.rightArrow, 'right'],
		[key.pageUp, 'pageup'],
		[key.pageDown, 'pagedown'],
		[key.home, 'home'],
		[key.end, 'end'],
		[key.return, 'enter'],
		[key.escape, 'esc'],
		[key.backspace || key.delete, 'backspace'],
	];
	return names.find(([isPressed]) => isPressed)?.[1];
};

const isPrintable = (text: string): boolean => !/[\p{Cc}\p{Cf}\p{Cs}]/v.test(text);

/**
The keys in one piece of input, by name: `up`, `enter`, `ctrl-c`, or the character itself. Fast typing arrives as one
piece, so there may be several. Alt and unknown sequences give none.
*/
export const keyNames = (input: string, key: Key): string[] => {
	const name = special(key);
	if (name !== undefined) {
		return [name];
	}

	if (key.ctrl) {
		return input === '' ? [] : [`ctrl-${input}`];
	}

	if (key.meta || key.super || key.hyper) {
		return [];
	}

	return graphemes(input).flatMap(character => {
		if (character === '\r' || character === '\n' || character === '\r\n') {
			return ['enter'];
		}

		return isPrintable(character) ? [character] : [];
	});
};

/** Whether a key is text: one character as a person counts them. */
export const isTextKey = (key: string): boolean => graphemes(key).length === 1;
