import process from 'node:process';
import {setTimeout as delay} from 'node:timers/promises';
import {McpServer} from '@modelcontextprotocol/sdk/server/mcp.js';
import * as z from 'zod';

type Text = {content: Array<{type: 'text'; text: string}>};

/** A tool's answer; each is a call. */
const text = (value: string): Text => {
	calls++;
	return {content: [{type: 'text', text: value}]};
};

/** What a sample target says of itself, in MCP and on its plain pages. `calls`: tools called since it started. */
export const describeSelf = (name: string): {name: string; pid: number; uptimeSeconds: number; calls: number} => ({name, pid: process.pid, uptimeSeconds: Math.round(process.uptime()), calls});

let calls = 0;

/**
One MCP server with a few tools and a resource. A fresh one serves each request, so that any target can take any of them
(MCP 2025-11-25, Streamable HTTP without sessions).
*/
export const createSampleServer = (name: string): McpServer => {
	const server = new McpServer({name: `sample ${name}`, version: '1.0.0'});
	const readOnly = {readOnlyHint: true, idempotentHint: true};

	server.registerTool('whoami', {title: 'Who am I', description: 'Says which target answers', annotations: readOnly}, () => (
		text(JSON.stringify(describeSelf(name)))
	));
	server.registerTool('add', {title: 'Add', description: 'Adds two numbers', inputSchema: {a: z.number(), b: z.number()}, annotations: readOnly}, ({a, b}) => (
		text(String(a + b))
	));
	server.registerTool('count_words', {title: 'Count words', description: 'Counts the words of a text', inputSchema: {text: z.string().max(100_000)}, annotations: readOnly}, ({text: words}) => (
		text(String(words.split(/\s+/v).filter(word => word !== '').length))
	));
	const countdown = {title: 'Count down', description: 'Counts down to zero, one message a second', inputSchema: {from: z.int().min(1).max(60)}};
	server.registerTool('countdown', countdown, async ({from}, {sendNotification, signal}) => {
		for (let left = from; left > 0; left--) {
			await sendNotification({method: 'notifications/message', params: {level: 'info', data: `${name}: ${left}`}}); // eslint-disable-line no-await-in-loop -- one after the other is the point
			await delay(1000, undefined, {signal}); // eslint-disable-line no-await-in-loop
		}

		return text(`${name}: zero`);
	});
	server.registerResource('about', 'demo://about', {title: 'About this target', mimeType: 'text/plain'}, uri => (
		{contents: [{uri: uri.href, mimeType: 'text/plain', text: `This is the sample target ${name}, process ${process.pid}. End it and see what the proxy does.`}]}
	));
	server.server.registerCapabilities({logging: {}});
	return server;
};
