import test from 'ava';
import {officialClients} from '../helpers/mcp-client.ts';
import {startMcpProxy} from '../helpers/mcp-proxy.ts';
import {startMcpTarget} from '../helpers/mcp-target.ts';
import {until} from '../helpers/until.ts';

for (const [name, connect] of officialClients) {
	test.serial(`${name}: 500 calls during 30 switches: no error, none executed twice, no session left behind`, async t => {
		const [a, b] = await Promise.all([startMcpTarget(t, 'a'), startMcpTarget(t, 'b')]);
		const proxy = await startMcpProxy(t, {a: a.url, b: b.url});
		const clients = await Promise.all(Array.from({length: 4}, async () => connect(t, `${proxy.url}/mcp`)));
		const targets = {a, b};

		let next = 0;
		let answered = 0;
		const untilAnswered = async (count: number): Promise<unknown> => until('some calls are answered', () => answered >= count);
		const failures: unknown[] = [];
		const work = async (index: number): Promise<void> => {
			while (next < 500) {
				const text = String(next++);
				try {
					const said = await clients[index % clients.length]!.call(Number(text) % 2 === 0 ? 'write' : 'read', {text}); // eslint-disable-line no-await-in-loop -- one after the other
					t.regex(said, new RegExp(`^[ab] (?:wrote|read) ${text}$`, 'v'));
				} catch (error) {
					failures.push(error);
				}

				answered++;
			}
		};

		const workers = Promise.all(Array.from({length: 8}, async (_, index) => work(index)));
		for (let count = 1; count <= 30; count++) {
			await proxy.switchTo(count % 2 === 0 ? 'a' : 'b'); // eslint-disable-line no-await-in-loop
			await untilAnswered(count * 16); // eslint-disable-line no-await-in-loop
		}

		await workers;
		t.deepEqual(failures, []);
		const writes = [...a.executed(), ...b.executed()].filter(line => line.includes('write'));
		t.is(writes.length, 250);
		t.is(new Set(writes.map(line => line.split(' ').at(-1))).size, 250);
		for (const target of Object.values(targets)) {
			t.true(target.executed().length > 20, `${target.name} served`);
		}

		await Promise.all(clients.map(async client => client.terminate()));
		for (const target of Object.values(targets)) {
			await until(`no session but the probe's is left at ${target.name}`, async () => (await target.control('state')).sessions.length <= 1); // eslint-disable-line no-await-in-loop
		}

		t.deepEqual(clients.flatMap(({errors}) => errors), []);
	});
}
