/** @type {import('xo').FlatXoConfig} */
export default [
	{
		ignores: ['dist', 'coverage', 'web/dist'],
	},
	{
		rules: {
			// Types written on one line stay on one line, unions begin with their bar.
			'@stylistic/object-curly-newline': 'off',
			'@stylistic/operator-linebreak': ['error', 'before', {overrides: {'=': 'after'}}],
			// JSON has null, and so do some of the shapes older clients rely on.
			'@typescript-eslint/no-restricted-types': 'off',
			// Error codes and header names keep the case they have on the wire.
			'@typescript-eslint/naming-convention': 'off',
			// Promise.withResolvers is of the language; the rule's list is older.
			'no-use-extend-native/no-use-extend-native': 'off',
			'n/prefer-global/buffer': 'off',
			'n/prefer-global/process': 'off',
			// AVA runs the built files.
			'ava/no-ignored-test-files': 'off',
			'max-lines': ['error', {max: 250, skipBlankLines: true, skipComments: true}],
			// One case an action or event: a table, not a knot.
			complexity: ['error', {max: 20, variant: 'modified'}],
		},
	},
	{
		files: ['test/**', 'bench/**'],
		rules: {
			// A table of promises may be long, and its assertions stand in its loop.
			'max-lines': ['error', {max: 450, skipBlankLines: true, skipComments: true}],
			'ava/no-nested-assertions': 'off',
			'ava/assertion-arguments': 'off',
			'@typescript-eslint/strict-void-return': 'off',
			'@typescript-eslint/no-unsafe-type-assertion': 'off',
			'unicorn/no-await-expression-member': 'off',
			// JSON-RPC's own word is `params`.
			'unicorn/prevent-abbreviations': 'off',
			// What is tested is that a value survives JSON.
			'unicorn/prefer-structured-clone': 'off',
		},
	},
];
