/** JSON-RPC 2.0 messages as MCP uses them (MCP 2025-11-25 and 2026-07-28, "Messages"). */

/** Ids are compared with their type: `1` and `"1"` are two requests. */
export type Id = string | number;
export type Params = Readonly<Record<string, unknown>>; // eslint-disable-line unicorn/prevent-abbreviations -- JSON-RPC's word
export type RpcError = Readonly<{code: number; message: string; data?: unknown}>;

export type Request = Readonly<{jsonrpc: '2.0'; id: Id; method: string; params?: Params}>;
export type Notification = Readonly<{jsonrpc: '2.0'; method: string; params?: Params}>;
export type Success = Readonly<{jsonrpc: '2.0'; id: Id; result: Params}>;
/** Without `id` when the request could not be read. */
export type Failure = Readonly<{jsonrpc: '2.0'; id?: Id | null; error: RpcError}>;
export type Response = Success | Failure;
export type Message = Request | Notification | Response;

export const isRequest = (message: Message): message is Request => 'method' in message && 'id' in message;
export const isNotification = (message: Message): message is Notification => 'method' in message && !('id' in message);
export const isResponse = (message: Message): message is Response => !('method' in message);
