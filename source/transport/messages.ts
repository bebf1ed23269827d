import {isResponse, type Message, type Response} from '../mcp/message.ts';
import {parseBody} from '../mcp/parse.ts';

/** A message and the JSON text it came as. */
export type Read = Readonly<{message: Message; bytes: Uint8Array}>;

/** The messages in a text from a target, more than one of a batch (MCP 2025-03-26); undefined when it is none. */
export const readMessages = (bytes: Uint8Array): readonly Read[] | undefined => {
	try {
		const {messages, isBatch} = parseBody(bytes);
		return messages.map(message => ({message, bytes: isBatch ? Buffer.from(JSON.stringify(message)) : bytes}));
	} catch {
		return undefined;
	}
};

/** The answer in the body of a refusal, where there is one. */
export const responseIn = (body: Uint8Array): Response | undefined => readMessages(body)?.map(({message}) => message).find(message => isResponse(message));
