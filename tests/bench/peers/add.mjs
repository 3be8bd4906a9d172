// SPDX-License-Identifier: Apache-2.0
// The peer to compare with: the official TypeScript server, second generation, with the same tool `add` over stdio.
// usage: node add.mjs [--structured]    --structured also declares and sends structured output, as calculator does
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

// The packages are those of tests/interop.
const packages = createRequire(new URL('../../interop/package.json', import.meta.url));
const load = (name) => import(pathToFileURL(packages.resolve(name)));
const { McpServer } = await load('@modelcontextprotocol/server');
const { serveStdio } = await load('@modelcontextprotocol/server/stdio');
const z = await load('zod/v4');

const structured = process.argv.includes('--structured');
const int = z.int().min(-(2 ** 31)).max(2 ** 31 - 1);

await serveStdio(() => {
  const server = new McpServer({ name: 'calculator', version: '1.0.0' });
  const tool = { description: 'Add two integers', inputSchema: z.object({ a: int, b: int }) };
  if (structured) tool.outputSchema = z.int();
  server.registerTool('add', tool, async ({ a, b }) => {
    const result = { content: [{ type: 'text', text: String(a + b) }] };
    if (structured) result.structuredContent = a + b;
    return result;
  });
  return server;
});
