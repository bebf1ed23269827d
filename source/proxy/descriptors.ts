import {readFileSync} from 'node:fs';

/** What a process may open when the system does not say. */
const assumed = 1024;

/** File descriptors this process may have open (Linux: the soft limit, which Node has raised to the hard one). */
const openFiles = (): number => {
	try {
		const [, soft] = /^Max open files\s+(\d+)/mv.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
		return soft === undefined ? assumed : Number(soft);
	} catch {
		return assumed;
	}
};

let fit: number | undefined;

/** Client connections that fit: each may need a second one to a target, and 64 descriptors are kept for everything else. Looked up once. */
export const connectionsThatFit = (): number => {
	fit ??= Math.max(1, Math.floor((openFiles() - 64) / 2));
	return fit;
};
