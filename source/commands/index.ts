import {attach} from './attach.ts';
import {auto} from './auto.ts';
import {check} from './check.ts';
import {config} from './config.ts';
import {demo} from './demo.ts';
import {events} from './events.ts';
import {failback} from './failback.ts';
import {health} from './health.ts';
import {createHelp} from './help.ts';
import type {CliCommand} from './kit/command.ts';
import {list} from './list.ts';
import {logs} from './logs.ts';
import {maint} from './maint.ts';
import {sessions} from './sessions.ts';
import {start} from './start.ts';
import {status} from './status.ts';
import {stdio} from './stdio.ts';
import {stop} from './stop.ts';
import {switchTo} from './switch.ts';
import {traffic} from './traffic.ts';
import {undo} from './undo.ts';

/** Every subcommand, in the order of the help. A new one is a file here and a line there. */
export const commands: readonly CliCommand[] = [
	start,
	stop,
	attach,
	demo,
	status,
	list,
	switchTo,
	failback,
	undo,
	auto,
	maint,
	check,
	health,
	config,
	logs,
	events,
	traffic,
	sessions,
	stdio,
	createHelp(() => commands),
];
