/* What other programs may build on. */
export type {Action, OperatorAction} from './core/action.ts';
export {AppError, catalogue, type ErrorCode} from './core/errors.ts';
export type {Event, Stamped} from './core/event.ts';
export {sentenceOf} from './core/sentence.ts';
export {candidates, findTarget, inOrder, isServing, preferred, stateWord, totalTraffic, type State, type TargetState} from './core/state.ts';
export type {Client, Link} from './client/client.ts';
export {connectRemote as connect} from './client/remote.ts';
export {createDaemon, type Daemon, type DaemonOptions} from './daemon/daemon.ts';
