// SPDX-License-Identifier: Apache-2.0
// The official TypeScript clients of both generations as one: each in the revision that it is told to speak.
import { Client as Client2, StreamableHTTPClientTransport as Http2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as Stdio2 } from '@modelcontextprotocol/client/stdio';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as Stdio1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as Http1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitationCompleteNotificationSchema, ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';

const modern = '2026-07-28';

/**
 * Connects to `endpoint` (endpoint.mjs) or, without one, to the command over stdio.
 * answer(params, signal) answers what is elicited; `completed` collects the elicitationIds that were told to be over.
 * @returns {client, completed, call(name, args, request), close()}
 */
export async function official({ generation, revision, elicitation, answer, endpoint, command, args }) {
  const info = { name: 'sumun-interop', version: '1' };
  const capabilities = elicitation ? { elicitation } : {};
  const completed = [];
  const stdio = { command, args, stderr: 'inherit', env: process.env };
  const request = { requestInit: { headers: endpoint?.headers } };
  let client;
  let transport;
  if (generation === 'v2') {
    const versions = revision === modern ? { versionNegotiation: { mode: { pin: modern } } } : { supportedProtocolVersions: [revision], versionNegotiation: { mode: 'legacy' } };
    client = new Client2(info, { capabilities, ...versions });
    if (elicitation) client.setRequestHandler('elicitation/create', (asked, context) => answer(asked.params, context.mcpReq.signal));
    client.setNotificationHandler('notifications/elicitation/complete', (note) => void completed.push(note.params.elicitationId));
    transport = endpoint ? new Http2(endpoint.url, request) : new Stdio2(stdio);
  } else {
    client = new Client1(info, { capabilities });
    if (elicitation) client.setRequestHandler(ElicitRequestSchema, (asked, context) => answer(asked.params, context.signal));
    client.setNotificationHandler(ElicitationCompleteNotificationSchema, (note) => void completed.push(note.params.elicitationId));
    transport = endpoint ? new Http1(endpoint.url, request) : new Stdio1(stdio);
    const send = transport.send.bind(transport);  // it always offers the newest revision that it knows, and takes older ones
    transport.send = (message, more) =>
      send(message.method === 'initialize' ? { ...message, params: { ...message.params, protocolVersion: revision } } : message, more);
  }
  await client.connect(transport);
  return {
    client, completed,
    call: (name, arguments_, options) => (generation === 'v2' ? client.callTool({ name, arguments: arguments_ }, options) : client.callTool({ name, arguments: arguments_ }, undefined, options)),
    revision: () => (generation === 'v2' ? client.getNegotiatedProtocolVersion() : transport.protocolVersion ?? revision),
    close: () => client.close(),
  };
}
