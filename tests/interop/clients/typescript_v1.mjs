// SPDX-License-Identifier: Apache-2.0
// The official TypeScript client, first generation (the one most programs still carry), against one server.
// usage: node typescript_v1.mjs --checks calculator|everything|documents [--legacy-unknown-resource CODE] [--over http [--token TOKEN]] -- COMMAND...
import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  CreateMessageRequestSchema, ElicitRequestSchema, ListRootsRequestSchema, LoggingMessageNotificationSchema,
  ResourceUpdatedNotificationSchema, ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { Checks, parse_arguments } from '../lib/check.mjs';
import { calculator } from '../lib/calculator.mjs';
import { documents } from '../lib/documents.mjs';
import { http_endpoint, statuses_without_token, time_to_end } from '../lib/endpoint.mjs';
import { everything } from '../lib/everything.mjs';

const { options, command, args } = parse_arguments(process.argv.slice(2));
const checks = new Checks(`TypeScript client v1, ${options.checks}`);

const client = new Client(
  { name: 'sumun-interop', version: '1' },
  { capabilities: { elicitation: { form: {}, url: {} }, sampling: {}, roots: { listChanged: true } } },
);
const answers = { elicitation: () => ({ action: 'cancel' }), sampling: () => assert.fail('not asked for') };
client.setRequestHandler(ElicitRequestSchema, async (request) => answers.elicitation(request.params));
client.setRequestHandler(CreateMessageRequestSchema, async (request) => answers.sampling(request.params));
client.setRequestHandler(ListRootsRequestSchema, async () => ({ roots: [{ uri: 'file:///tmp', name: 'tmp' }] }));

const logged = [];
const listeners = { tools: () => {}, resource: () => {} };
client.setNotificationHandler(LoggingMessageNotificationSchema, (note) => void logged.push(note.params));
client.setNotificationHandler(ToolListChangedNotificationSchema, () => listeners.tools());
client.setNotificationHandler(ResourceUpdatedNotificationSchema, (note) => listeners.resource(note.params.uri));

const peer = {
  era: 'legacy', client, answers,
  legacy_unknown_resource: Number(options['legacy-unknown-resource'] ?? -32002),
  list_tools: () => client.listTools(),
  call_tool: (name, args_, request = {}) => client.callTool({ name, arguments: args_ }, undefined, request),
  async with_logging(action) {
    logged.length = 0;
    await client.setLoggingLevel('debug');
    await action();
    return [...logged];
  },
  tools_changed: (action) => heard('tools', action, () => 1),
  async resource_updated(uri, action) {
    await client.subscribeResource({ uri });
    return heard('resource', action, (value) => value);
  },
};

async function heard(which, action, map) {
  const told = new Promise((resolve) => { listeners[which] = (value) => resolve(map(value)); });
  await action();
  return told;
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
  assert.ok(client.getServerVersion().name.length > 0);
  assert.ok(client.getServerCapabilities().tools);
});
if (checks.failed === 0) {
  await { calculator, documents, everything }[options.checks](checks, peer);
  await checks.check('ping', async () => assert.deepEqual(await client.ping(), {}));
  await checks.check('closes: the server leaves by itself at end of input, or when it is told to', async () => {
    const took = await time_to_end(client, endpoint);
    assert.ok(took < 1500, `close took ${took} ms (the client kills after 2 s)`);
  });
}
checks.finish();
