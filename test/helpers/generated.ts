import {commands} from '../../source/commands/index.ts';
import {renderCliReference} from '../../source/commands/kit/reference.ts';
import {renderConfigReference} from '../../source/settings/reference.ts';
import {jsonSchema} from '../../source/settings/schema.ts';
import {keysMarkdown} from '../../source/tui/keymap.ts';

/** Files that come from the code: path from the root of the project, and how their text is made. `npm run docs` writes them; a test fails when one is stale. */
export const generated: ReadonlyArray<Readonly<{file: string; render: () => string}>> = [
	{file: 'config/schema.json', render: () => `${JSON.stringify(jsonSchema(), undefined, 2)}\n`},
	{file: 'docs/config.md', render: renderConfigReference},
	{file: 'docs/cli.md', render: () => renderCliReference(commands)},
	{file: 'docs/keys.md', render: keysMarkdown},
];
