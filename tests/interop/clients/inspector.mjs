// SPDX-License-Identifier: Apache-2.0
// The Inspector's command line against one server: every method once, in either era, and its opinion of the
// tools' schemas (--strict names what known clients would drop or mangle).
// usage: node inspector.mjs --era modern|legacy --checks calculator|everything|documents [--over http [--token TOKEN]] -- COMMAND...
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Checks, parse_arguments, text_of } from '../lib/check.mjs';
import { http_endpoint } from '../lib/endpoint.mjs';

const { options, command, args } = parse_arguments(process.argv.slice(2));
const checks = new Checks(`Inspector, ${options.era}, ${options.checks}`);
const program = fileURLToPath(new URL('../node_modules/@modelcontextprotocol/inspector/clients/cli/build/index.js', import.meta.url));
const endpoint = await http_endpoint(options, command, args);
const headers = Object.entries(endpoint?.headers ?? {}).flatMap(([name, value]) => ['--header', `${name}: ${value}`]);
const server = endpoint ? ['--transport', 'http', '--server-url', endpoint.url.href, ...headers] : ['--', command, ...args];
const home = mkdtempSync(join(tmpdir(), 'sumun-inspector-'));
process.on('exit', () => rmSync(home, { recursive: true, force: true }));

/** Runs the Inspector once; {code, out, err, json}. */
function inspect(...method) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, '--protocol-era', options.era, '--format', 'json', ...method, ...server],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, MCP_CATALOG_PATH: join(home, 'mcp.json'), MCP_CLIENT_CONFIG_PATH: join(home, 'client.json') } });
    let out = '', err = '';
    child.stdout.on('data', (data) => { out += data; });
    child.stderr.on('data', (data) => { err += data; });
    child.on('error', reject);
    child.on('close', (code) => {
      let value;
      try { value = JSON.parse(out); } catch { value = undefined; }
      resolve({ code, out, err, json: value?.result ?? value });
    });
  });
}

async function good(...method) {
  const run = await inspect(...method);
  assert.equal(run.code, 0, `exit ${run.code}\n${run.out}\n${run.err}`);
  assert.ok(run.json, `no JSON on stdout: ${run.out}`);
  return run.json;
}

// `everything` has a tool whose schema few clients take, on purpose.
await checks.check('tools/list, without a complaint about portability', async () => {
  const { tools } = await good('--method', 'tools/list', ...(options.checks === 'everything' ? [] : ['--strict']));
  assert.ok(tools.length > 0);
});

if (options.checks === 'calculator' || options.checks === 'everything') {
  await checks.check('tools/call add', async () => {
    const result = await good('--method', 'tools/call', '--tool-name', 'add', '--tool-args-json', '{"a":2,"b":3}');
    assert.match(text_of(result), /5/);
  });
  await checks.check('wrong arguments are a result with isError', async () => {
    const run = await inspect('--method', 'tools/call', '--tool-name', 'add', '--tool-args-json', '{"a":"two","b":3}');
    assert.equal(run.code, 5, run.out + run.err);  // its exit code for isError
    assert.equal(run.json.isError, true);
    assert.match(text_of(run.json), /\ba\b/);
  });
  await checks.check('an unknown tool fails', async () => {
    const run = await inspect('--method', 'tools/call', '--tool-name', 'subtract', '--tool-args-json', '{}');
    assert.notEqual(run.code, 0);
    assert.match(run.out + run.err, /subtract/);
  });
}
if (options.checks === 'everything') {
  await checks.check('resources/list, resources/templates/list and resources/read', async () => {
    assert.ok((await good('--method', 'resources/list')).resources.some((one) => one.uri === 'test://static-text'));
    assert.ok((await good('--method', 'resources/templates/list')).resourceTemplates.length > 0);
    const { contents } = await good('--method', 'resources/read', '--uri', 'test://static-text');
    assert.match(contents[0].text, /static text resource/);
  });
  await checks.check('prompts/list and prompts/get', async () => {
    assert.ok((await good('--method', 'prompts/list')).prompts.length > 0);
    const { messages } = await good('--method', 'prompts/get', '--prompt-name', 'test_prompt_with_arguments', '--prompt-args', 'arg1=x', 'arg2=y');
    assert.match(messages[0].content.text, /arg1='x', arg2='y'/);
  });
  await checks.check('two hundred calls, ten at a time, without an error', async () => {
    const run = await inspect('--method', 'tools/call', '--tool-name', 'add', '--tool-args-json', '{"a":2,"b":3}',
      '--load', '--load-requests', '200', '--load-concurrency', '10');
    assert.equal(run.code, 0, run.out + run.err);
  });
}
if (options.checks === 'documents') {
  await checks.check('search_documents', async () => {
    const result = await good('--method', 'tools/call', '--tool-name', 'search_documents', '--tool-args-json', '{"query":"annual leave"}');
    assert.match(text_of(result), /leave\.md/);
  });
}
checks.finish();
