// SPDX-License-Identifier: Apache-2.0
// Our client against the official servers, and ours, over HTTP, as a person uses it: `sumun tools|call|resources|prompts --url`.
// usage: node sumun.mjs --sumun PROGRAM --era modern|legacy|sessions -- COMMAND...
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { Checks, parse_arguments } from '../lib/check.mjs';
import { http_endpoint } from '../lib/endpoint.mjs';

const { options, command, args } = parse_arguments(process.argv.slice(2));
const endpoint = await http_endpoint({ over: 'http' }, command, args);
const checks = new Checks(`sumun --url (${options.era})`);
const revision = { modern: [], legacy: ['--revision', '2025-11-25'], sessions: [] }[options.era];

/** {code, out, err} of one run. */
function sumun(...words) {
  return new Promise((resolve) => {
    execFile(options.sumun, [...words, '--url', endpoint.url.href, ...revision], { env: { ...process.env, XDG_CONFIG_HOME: '/nonexistent' } },
      (error, out, err) => resolve({ code: error ? error.code : 0, out, err }));
  });
}
async function prints(expected, ...words) {
  const { code, out, err } = await sumun(...words);
  assert.equal(`${code} ${out.trim()}`, `0 ${expected}`, err);
}

await checks.check('the tools are listed', async () => {
  const { code, out, err } = await sumun('tools', '--json');
  assert.equal(code, 0, err);
  assert.ok(JSON.parse(out).some((tool) => tool.name === 'add'));
});
await checks.check('a tool is called', () => prints('5', 'call', 'add', 'a=2', 'b=3'));
await checks.check('an unknown tool is wrong usage', async () => assert.equal((await sumun('call', 'nope')).code, 2));

if (options.era === 'sessions') {
  await checks.check('a tool that fails is exit code 1', async () => assert.equal((await sumun('call', 'fails')).code, 1));
  await checks.check('a question beside the answer is answered', () => prints('action=decline', 'call', 'ask', '--no-input'));
  await checks.check('a stream that breaks off is taken up again', () => prints('picked up', 'call', 'polled'));
  await checks.check('a resource is read', () => prints('some words', 'resources', 'test://words'));
  await checks.check('a prompt is got', () => prints('user:\n  Hello Mina', 'prompts', 'greet', 'who=Mina'));
  await checks.check('every session was ended', async () => {
    const { out } = await sumun('call', 'ended_sessions');
    assert.ok(Number(out) >= 7, `only ${out.trim()} sessions were ended`);
  });
} else {
  await checks.check('a tool that fails is exit code 1', async () => assert.equal((await sumun('call', 'test_error_handling')).code, 1));
  await checks.check('progress comes before the answer', async () => {
    const { code, out, err } = await sumun('call', 'test_tool_with_progress');
    assert.equal(code, 0, err);
    assert.notEqual(out.trim(), '');
  });
  await checks.check('a resource is read', () => prints('This is the content of the static text resource.', 'resources', 'test://static-text'));
  await checks.check('a prompt is got', () => prints("user:\n  Prompt with arguments: arg1='a', arg2='b'", 'prompts', 'test_prompt_with_arguments', 'arg1=a', 'arg2=b'));
}
if (options.era === 'modern') {
  await checks.check('a question ends the request and is answered by a retry', () =>
    prints('User response: action=decline, content={}', 'call', 'test_elicitation', 'message=Name?', '--no-input'));
  await checks.check('a limit gives the request up, and the server hears it', async () => {
    const { code, err } = await sumun('call', 'sleep', 'milliseconds=60000', '--timeout', '0.5');
    assert.equal(code, 1);
    assert.match(err, /no answer to tools\/call within 500 ms/);
    await prints('1', 'call', 'cancelled_sleeps');
  });
}
await checks.check('nothing at the path is said in words', async () => {
  endpoint.url.port = '1';
  const { code, err } = await sumun('tools');
  assert.equal(code, 1);
  assert.match(err, /cannot connect to http:\/\/127\.0\.0\.1:1: /);
});
checks.finish();
