/** The element of that id, which the page has; throws when the template and the script do not fit. What kind it is, the template says. */
export const element = <Kind extends HTMLElement = HTMLElement>(id: string): Kind => {
	const found = document.querySelector<Kind>(`#${id}`);
	if (!found) {
		throw new TypeError(`The page has no ${id}.`);
	}

	return found;
};
