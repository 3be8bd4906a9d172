// SPDX-License-Identifier: Apache-2.0
// The official TypeScript client, second generation, against one server, in either era.
// usage: node typescript_v2.mjs --era modern|legacy --checks calculator|everything|documents [--over http [--token TOKEN]] -- COMMAND...
import assert from 'node:assert/strict';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Checks, parse_arguments } from '../lib/check.mjs';
import { calculator } from '../lib/calculator.mjs';
import { documents } from '../lib/documents.mjs';
import { http_endpoint, statuses_without_token, time_to_end } from '../lib/endpoint.mjs';
import { everything } from '../lib/everything.mjs';

const { options, command, args } = parse_arguments(process.argv.slice(2));
const era = options.era;
const checks = new Checks(`TypeScript client v2, ${era}, ${options.checks}`);

const client = new Client(
  { name: 'sumun-interop', version: '1' },
  {
    capabilities: { elicitation: { form: {}, url: {} }, sampling: {}, roots: { listChanged: true } },
    versionNegotiation: { mode: era === 'modern' ? 'auto' : 'legacy' },
  },
);
const answers = { elicitation: () => ({ action: 'cancel' }), sampling: () => assert.fail('not asked for') };
client.setRequestHandler('elicitation/create', async (request) => answers.elicitation(request.params));
client.setRequestHandler('sampling/createMessage', async (request) => answers.sampling(request.params));
client.setRequestHandler('roots/list', async () => ({ roots: [{ uri: 'file:///tmp', name: 'tmp' }] }));

const logged = [];
const listeners = { tools: () => {}, resource: () => {} };
client.setNotificationHandler('notifications/message', (note) => void logged.push(note.params));
client.setNotificationHandler('notifications/tools/list_changed', () => listeners.tools());
client.setNotificationHandler('notifications/resources/updated', (note) => listeners.resource(note.params.uri));

const peer = {
  era, client, answers,
  legacy_unknown_resource: -32602,  // this client reads -32002 with a URI as its own -32602
  list_tools: () => client.listTools(),
  call_tool: (name, args_, request = {}) => client.callTool({ name, arguments: args_, ...request.params }, request),
  async with_logging(action) {
    logged.length = 0;
    if (era === 'legacy') {
      await client.setLoggingLevel('debug');
      await action();
    } else {
      await client.callTool({ name: 'test_tool_with_logging', arguments: {}, _meta: { 'io.modelcontextprotocol/logLevel': 'debug' } });
    }
    return [...logged];
  },
  async tools_changed(action) {
    return heard(era === 'modern' ? { toolsListChanged: true } : undefined, 'tools', action, () => 1);
  },
  async resource_updated(uri, action) {
    if (era === 'legacy') await client.subscribeResource({ uri });
    return heard(era === 'modern' ? { resourceSubscriptions: [uri] } : undefined, 'resource', action, (value) => value);
  },
};

// What `listeners[which]` is told once `action` has run; in the modern era over a stream opened for it.
async function heard(filter, which, action, map) {
  const subscription = filter ? await client.listen(filter) : undefined;
  const told = new Promise((resolve) => { listeners[which] = (value) => resolve(map(value)); });
  await action();
  const value = await told;
  await subscription?.close();
  return value;
}

const endpoint = await http_endpoint(options, command, args);
const transport = endpoint
  ? new StreamableHTTPClientTransport(endpoint.url, { requestInit: { headers: endpoint.headers } })
  : new StdioClientTransport({ command, args, stderr: 'inherit', env: process.env });
if (options.token) {
  await checks.check('without its token nobody is served', async () => {
    const [without, wrong, challenge] = await statuses_without_token(endpoint);
    assert.deepEqual([without, wrong], [401, 401]);
    assert.match(challenge, /resource_metadata=/);
  });
}
await checks.check('connects', async () => {
  await client.connect(transport);
  assert.equal(client.getProtocolEra(), era);
  assert.equal(client.getNegotiatedProtocolVersion(), era === 'modern' ? '2026-07-28' : '2025-11-25');
  assert.ok(client.getServerVersion().name.length > 0);
  assert.ok(client.getServerCapabilities().tools);
});
if (checks.failed === 0) {
  await { calculator, documents, everything }[options.checks](checks, peer);
  if (era === 'legacy') await checks.check('ping', async () => assert.deepEqual(await client.ping(), {}));
  await checks.check('closes: the server leaves by itself at end of input, or when it is told to', async () => {
    const took = await time_to_end(client, endpoint);
    assert.ok(took < 1500, `close took ${took} ms (the client kills after 2 s)`);
  });
}
checks.finish();
