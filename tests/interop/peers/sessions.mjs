// SPDX-License-Identifier: Apache-2.0
// The first TypeScript server over HTTP as most servers of before 2026-07-28 are: a session for each client, streams
// that can be taken up again, questions pushed beside the answer.
// usage: node sessions.mjs      (prints where it listens on standard error)
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { InMemoryEventStore } from '@modelcontextprotocol/sdk/examples/shared/inMemoryEventStore.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { z } from 'zod';

const sessions = new Map();
let ended = 0;
const text = (value) => ({ content: [{ type: 'text', text: value }] });

function server() {
  const mcp = new McpServer({ name: 'sessions', version: '1.0.0' }, { capabilities: { logging: {} } });
  mcp.registerTool('add', { inputSchema: { a: z.number().int(), b: z.number().int() } }, async ({ a, b }) => text(String(a + b)));
  mcp.registerTool('fails', {}, async () => { throw new Error('as it should'); });
  mcp.registerTool('ended_sessions', {}, async () => text(String(ended)));
  mcp.registerTool('ask', {}, async () => {
    const answer = await mcp.server.elicitInput({
      message: 'Name?', requestedSchema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
    });
    return text(`action=${answer.action}`);
  });
  // Lets go of the connection before the answer: the client has to come back for it.
  mcp.registerTool('polled', {}, async (extra) => {
    extra.closeSSEStream?.();
    await new Promise((done) => setTimeout(done, 300));
    return text('picked up');
  });
  mcp.registerResource('words', 'test://words', {}, async (uri) => ({ contents: [{ uri: uri.href, text: 'some words' }] }));
  mcp.registerPrompt('greet', { argsSchema: { who: z.string() } }, ({ who }) => ({ messages: [{ role: 'user', content: { type: 'text', text: `Hello ${who}` } }] }));
  return mcp;
}

async function transport_for(request, response) {
  const known = sessions.get(request.headers['mcp-session-id']);
  if (known) return known;
  if (request.headers['mcp-session-id']) {
    response.writeHead(404, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', error: { code: -32001, message: 'Session not found' }, id: null }));
    return undefined;
  }
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: () => randomUUID(),
    eventStore: new InMemoryEventStore(),
    retryInterval: 50,
    onsessioninitialized: (id) => { sessions.set(id, transport); },
    onsessionclosed: (id) => { ended += 1; sessions.delete(id); },
  });
  await server().connect(transport);
  return transport;
}

const http = createServer(async (request, response) => {
  const transport = await transport_for(request, response);
  if (transport) await transport.handleRequest(request, response);
});
http.listen(0, '127.0.0.1', () => console.error(`listening on http://127.0.0.1:${http.address().port}/mcp`));
process.once('SIGTERM', () => process.exit(0));
