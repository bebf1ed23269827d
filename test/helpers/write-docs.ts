import {writeFileSync} from 'node:fs';
import {generated} from './generated.ts';

/* `npm run docs`: write every generated file anew. */
for (const {file, render} of generated) {
	writeFileSync(file, render());
}
