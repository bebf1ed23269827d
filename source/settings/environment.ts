import type {Finding} from './explain.ts';
import type {KeyPath} from './fault.ts';
import type {Json} from './json.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** `${NAME}` in each string value → the variable's text. A variable that is not set is a finding that names key and variable. */
export const substitute = (value: Json, environment: Environment, path: KeyPath = []): {value: Json; findings: Finding[]} => {
	const findings: Finding[] = [];
	const inner = (child: Json, key: string | number): Json => {
		const result = substitute(child, environment, [...path, key]);
		findings.push(...result.findings);
		return result.value;
	};

	if (typeof value === 'string') {
		const replaced = value.replaceAll(/\$\{(\w+)\}/gv, (whole, name: string) => {
			const found = environment[name];
			if (found === undefined) {
				findings.push({path, message: `needs the environment variable ${name}, which is not set`});
			}

			return found ?? whole;
		});
		return {value: replaced, findings};
	}

	if (Array.isArray(value)) {
		return {value: value.map((child, index) => inner(child, index)), findings};
	}

	if (value !== null && typeof value === 'object') {
		return {value: Object.fromEntries(Object.entries(value).map(([key, child]) => [key, inner(child, key)])), findings};
	}

	return {value, findings};
};
