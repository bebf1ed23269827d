const isOwn = <Value extends object>(value: unknown): value is Value => typeof value === 'object' && value !== null;

/** JSON that this proxy made: page and proxy are of one build, so its shape is known. Undefined when it is no object. */
export const parseOwn = <Value extends object>(text: string): Value | undefined => {
	const value: unknown = JSON.parse(text);
	return isOwn<Value>(value) ? value : undefined;
};
