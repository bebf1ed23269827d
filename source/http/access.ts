/** One finished proxied request, for the access log. Text is as the client sent it: whoever writes it out makes it printable and hides secrets. */
export type AccessRecord = Readonly<{
	/** Wall time of the request's arrival, ms since 1970. */
	at: number;
	peer: string;
	method: string;
	path: string;
	httpVersion: string;
	/** The status sent to the client; 499 when it left before there was one (nginx's convention). */
	status: number;
	/** Body bytes sent to the client. */
	bytesOut: number;
	/** Milliseconds until the reply was complete. */
	ms: number;
	/** The target that answered; undefined when the proxy did. */
	target: string | undefined;
	referer: string | undefined;
	userAgent: string | undefined;
}>;
