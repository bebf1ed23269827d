import leven from 'leven';

/** The known word that was probably meant, or undefined. At most a third of the letters (or two) may differ. */
export const nearest = (word: string, known: readonly string[]): string | undefined => {
	const limit = Math.max(2, Math.floor(word.length / 3));
	const [best] = known
		.map(candidate => ({candidate, distance: leven(word.toLowerCase(), candidate.toLowerCase(), {maxDistance: limit + 1})}))
		.filter(({candidate, distance}) => distance <= limit && distance < candidate.length)
		.toSorted((a, b) => a.distance - b.distance);
	return best?.candidate;
};
