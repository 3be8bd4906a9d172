// SPDX-License-Identifier: Apache-2.0
// The peer to compare with: the official TypeScript server, second generation, with one tool `echo` over Streamable HTTP.
// usage: node echo_http.mjs      prints `listening on http://127.0.0.1:PORT/mcp` on standard error
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

// The packages are those of tests/interop.
const packages = createRequire(new URL('../../interop/package.json', import.meta.url));
const load = (name) => import(pathToFileURL(packages.resolve(name)));
const { createMcpHandler, McpServer } = await load('@modelcontextprotocol/server');
const { toNodeHandler } = await load('@modelcontextprotocol/node');
const z = await load('zod/v4');

const serve = toNodeHandler(createMcpHandler(() => {
  const server = new McpServer({ name: 'echo', version: '1.0.0' });
  server.registerTool('echo', { description: 'Say it again', inputSchema: z.object({ text: z.string() }) },
    async ({ text }) => ({ content: [{ type: 'text', text }] }));
  return server;
}));
const http = createServer((request, response) => void serve(request, response));
http.listen(0, '127.0.0.1', () => console.error(`listening on http://127.0.0.1:${http.address().port}/mcp`));
