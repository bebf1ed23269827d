import {Buffer} from 'node:buffer';

/** Puts a text on the clipboard of the terminal (OSC 52), also across ssh; inside tmux said twice, the second time for the terminal around it. */
export const clipboardSequence = (text: string, isTmux: boolean): string => {
	const plain = `\u001B]52;c;${Buffer.from(text).toString('base64')}\u0007`;
	return isTmux ? `${plain}\u001BPtmux;${plain.replaceAll('\u001B', '\u001B\u001B')}\u001B\\` : plain;
};
