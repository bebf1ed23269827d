import {AppError} from '../core/errors.ts';
import type {Exchange, Handler} from '../http/exchange.ts';
import {sendError} from '../http/reply.ts';

const pattern = /^\/(?:targets\/[^\/?]+\/)?\.well-known\/(?:oauth-(?:protected-resource|authorization-server)|openid-configuration)(?:[\/?]|$)/v;

/**
Answers 404 to clients that look for OAuth (RFC 9728, RFC 8414), whatever a target would say: its metadata names its own address, so a
client would refuse it, or take its token to us, who must not pass it on (MCP, security best practices, "Token Passthrough").
*/
export const createOauthRefusal = (watch: (exchange: Exchange) => Exchange): Handler => exchange => {
	if (!pattern.test(exchange.head.path)) {
		return false;
	}

	sendError(watch(exchange), new AppError('NOT_FOUND', 'This proxy asks for no OAuth.', {hint: 'Give targets their credentials with `headers` in the settings.'}));
	return true;
};
