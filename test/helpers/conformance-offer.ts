/*
What the official conformance suite asks a server to offer: tools, prompts and resources by the names and with the words its
scenarios expect (`@modelcontextprotocol/conformance`, "Server Implementation Requirements"). Both eras' fixtures serve these.
*/

type Json = Readonly<Record<string, unknown>>;

const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';
const wav = 'UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAAAAA==';

const text = (words: string): Json => ({type: 'text', text: words});
const image = {type: 'image', data: png, mimeType: 'image/png'} as const;

/** A result of one line of text. */
export const says = (words: string): Json => ({content: [text(words)]});

/** A JSON Schema of an object. */
export const object = (properties: Json = {}, required: readonly string[] = []): Json => ({type: 'object', properties, ...(required.length > 0 && {required})});

/** Tools that only answer, and what they answer. */
export const plainTools: Readonly<Record<string, Json>> = {
	test_simple_text: says('This is a simple text response for testing.'),
	test_image_content: {content: [image]},
	test_audio_content: {content: [{type: 'audio', data: wav, mimeType: 'audio/wav'}]},
	test_embedded_resource: {content: [{type: 'resource', resource: {uri: 'test://embedded-resource', mimeType: 'text/plain', text: 'This is an embedded resource content.'}}]},
	test_multiple_content_types: {
		content: [
			text('Multiple content types test:'),
			image,
			{type: 'resource', resource: {uri: 'test://mixed-content-resource', mimeType: 'application/json', text: '{"test":"data","value":123}'}},
		],
	},
	test_error_handling: {...says('This tool intentionally returns an error for testing'), isError: true},
};

/** The schema whose keywords have to survive the way to the client (SEP-1613, SEP-2106). */
export const schema2020 = {
	$schema: 'https://json-schema.org/draft/2020-12/schema',
	type: 'object',
	$defs: {address: {$anchor: 'addressDef', type: 'object', properties: {street: {type: 'string'}, city: {type: 'string'}}}},
	properties: {
		name: {type: 'string'},
		address: {$ref: '#/$defs/address'},
		contactMethod: {type: 'string', enum: ['phone', 'email']},
		phone: {type: 'string'},
		email: {type: 'string'},
	},
	allOf: [{anyOf: [{required: ['phone']}, {required: ['email']}]}],
	if: {properties: {contactMethod: {const: 'phone'}}, required: ['contactMethod']},
	then: {required: ['phone']}, // eslint-disable-line unicorn/no-thenable -- a keyword of JSON Schema
	else: {required: ['email']},
	additionalProperties: false,
} as const;

const user = (content: Json): Json => ({role: 'user', content});

/** Prompts: their arguments, and the messages made of them. */
export const prompts: Readonly<Record<string, readonly [arguments_: readonly string[], messages: (given: Readonly<Record<string, string>>) => readonly Json[]]>> = {
	test_simple_prompt: [[], () => [user(text('This is a simple prompt for testing.'))]],
	test_prompt_with_arguments: [['arg1', 'arg2'], ({arg1, arg2}) => [user(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`))]],
	test_prompt_with_embedded_resource: [['resourceUri'], ({resourceUri}) => [
		user({type: 'resource', resource: {uri: resourceUri, mimeType: 'text/plain', text: 'Embedded resource content for testing.'}}),
		user(text('Please process the embedded resource above.')),
	]],
	test_prompt_with_image: [[], () => [user(image), user(text('Please analyze the image above.'))]],
};

/** The list of prompts as `prompts/list` shows it. */
export const promptList = (more: readonly string[] = []): Json[] => [
	...Object.entries(prompts).map(([name, [arguments_]]) => ({
		name,
		description: `Tests ${name}`,
		...(arguments_.length > 0 && {arguments: arguments_.map(argument => ({name: argument, description: argument, required: true}))}),
	})),
	...more.map(name => ({name, description: `Tests ${name}`})),
];

const resources: Readonly<Record<string, Json>> = {
	'test://static-text': {mimeType: 'text/plain', text: 'This is the content of the static text resource.'},
	'test://static-binary': {mimeType: 'image/png', blob: png},
	'test://watched-resource': {mimeType: 'text/plain', text: 'watched'},
};

export const resourceList: readonly Json[] = Object.entries(resources).map(([uri, {mimeType}]) => ({uri, name: uri.slice('test://'.length), description: uri, mimeType}));
export const templateList: readonly Json[] = [{uriTemplate: 'test://template/{id}/data', name: 'template', description: 'A template', mimeType: 'application/json'}];

/** What `resources/read` answers; undefined when there is no such resource. */
export const readResource = (uri: string): Json | undefined => {
	const id = /^test:\/\/template\/(?<id>[^\/]+)\/data$/v.exec(uri)?.groups?.id;
	const found = id === undefined ? resources[uri] : {mimeType: 'application/json', text: JSON.stringify({id, templateTest: true, data: `Data for ID: ${id}`})};
	return found && {contents: [{uri, ...found}]};
};

export const completion = {completion: {values: ['paris', 'park', 'party'], total: 3, hasMore: false}} as const;
