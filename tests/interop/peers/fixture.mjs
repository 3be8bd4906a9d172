// SPDX-License-Identifier: Apache-2.0
// The official TypeScript server with the tools that the checks of lib/ call: it proves the checks, not our server.
// usage: node fixture.mjs calculator|everything [--http]      (both eras; --http prints where it listens on standard error)
import { createServer } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer, ResourceTemplate, acceptedContent, completable, fromJsonSchema, inputRequired, inputResponse } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import * as z from 'zod/v4';

const text = (value) => ({ content: [{ type: 'text', text: value }] });
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';
const contact = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: { address: { $anchor: 'addressDef', type: 'object', properties: { city: { type: 'string' } } } },
  properties: { name: { type: 'string' }, address: { $ref: '#/$defs/address' }, contactMethod: { enum: ['phone', 'email'] }, phone: { type: 'string' }, email: { type: 'string' } },
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  then: { required: ['phone'] },
  else: { required: ['email'] },
};
let cancelled = 0;

function calculator() {
  const server = new McpServer({ name: 'calculator', version: '1.0.0' });
  const int = z.int().min(-(2 ** 31)).max(2 ** 31 - 1);
  server.registerTool('add',
    { description: 'Add two integers', inputSchema: z.object({ a: int, b: int }), outputSchema: z.int() },
    async ({ a, b }) => ({ structuredContent: a + b, content: [{ type: 'text', text: String(a + b) }] }));
  return server;
}

function everything() {
  const server = new McpServer({ name: 'everything', version: '1.0.0' }, {
    capabilities: { logging: {}, tools: { listChanged: true }, resources: { subscribe: true, listChanged: true } },
  });
  const none = z.object({});
  const tool = (name, inputSchema, run) => server.registerTool(name, { description: name, inputSchema }, run);

  tool('add', z.object({ a: z.int(), b: z.int() }), async ({ a, b }) => text(String(a + b)));
  tool('test_simple_text', none, async () => text('This is a simple text response for testing.'));
  tool('test_image_content', none, async () => ({ content: [{ type: 'image', data: png, mimeType: 'image/png' }] }));
  tool('test_audio_content', none, async () => ({ content: [{ type: 'audio', data: 'UklGRg==', mimeType: 'audio/wav' }] }));
  tool('test_embedded_resource', none, async () => ({
    content: [{ type: 'resource', resource: { uri: 'test://embedded-resource', mimeType: 'text/plain', text: 'embedded' } }],
  }));
  tool('test_error_handling', none, async () => { throw new Error('This tool intentionally returns an error for testing'); });
  server.registerTool('weather', {
    inputSchema: z.object({ city: z.string() }),
    outputSchema: z.object({ city: z.string(), celsius: z.number(), sky: z.enum(['clear', 'rain']) }),
  }, async ({ city }) => {
    const value = { city, celsius: 21.5, sky: 'clear' };
    return { structuredContent: value, ...text(JSON.stringify(value)) };
  });
  server.registerTool('json_schema_2020_12_tool', { inputSchema: fromJsonSchema(contact) }, async (args) => text(`Got ${JSON.stringify(args)}`));
  tool('sleep', z.object({ milliseconds: z.int() }), ({ milliseconds }, ctx) => new Promise((resolve) => {
    const timer = setTimeout(() => resolve(text('slept')), milliseconds);
    ctx.mcpReq.signal.addEventListener('abort', () => { cancelled += 1; clearTimeout(timer); resolve(text('cut short')); });
  }));
  tool('cancelled_sleeps', none, async () => text(String(cancelled)));
  tool('test_tool_with_progress', none, async (_, ctx) => {
    const progressToken = ctx.mcpReq._meta?.progressToken;
    for (const progress of [0, 50, 100]) {
      if (progressToken !== undefined) await ctx.mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total: 100 } });
      await new Promise((done) => setTimeout(done, 30));  // this client drops progress that arrives together with the answer
    }
    return text('done');
  });
  tool('test_tool_with_logging', none, async (_, ctx) => {
    for (const line of ['started', 'working', 'done']) await ctx.mcpReq.log('info', line);
    return text('done');
  });
  const form = (message, ...members) => inputRequired.elicit({
    message,
    requestedSchema: { type: 'object', properties: Object.fromEntries(members.map((one) => [one, { type: 'string' }])), required: members },
  });
  tool('test_elicitation', z.object({ message: z.string() }), async ({ message }, ctx) => {
    const view = inputResponse(ctx.mcpReq.inputResponses, 'q');
    if (view.kind === 'missing') return inputRequired({ inputRequests: { q: form(message, 'username', 'email') } });
    return text(`User response: action=${view.action}, content=${JSON.stringify(view.content ?? {})}`);
  });
  tool('ask_twice', none, async (_, ctx) => {
    const state = ctx.mcpReq.requestState();
    const first = state ?? acceptedContent(ctx.mcpReq.inputResponses, 'first')?.answer;
    if (first === undefined) return inputRequired({ inputRequests: { first: form('First?', 'answer') } });
    const second = acceptedContent(ctx.mcpReq.inputResponses, 'second')?.answer;
    if (second === undefined) return inputRequired({ inputRequests: { second: form('Second?', 'answer') }, requestState: first });
    return text(`${first}, then ${second}`);
  });
  tool('test_sampling', z.object({ prompt: z.string() }), async ({ prompt }, ctx) => {
    const view = inputResponse(ctx.mcpReq.inputResponses, 's');
    if (view.kind !== 'missing') return text(`LLM response: ${JSON.stringify(ctx.mcpReq.inputResponses.s.content)}`);
    return inputRequired({
      inputRequests: { s: inputRequired.createMessage({ messages: [{ role: 'user', content: { type: 'text', text: prompt } }], maxTokens: 100 }) },
    });
  });
  tool('test_trigger_tool_change', none, async () => { server.sendToolListChanged(); return text('changed'); });
  tool('touch_watched_resource', none, async () => {
    await server.server.sendResourceUpdated({ uri: 'test://watched-resource' });
    return text('touched');
  });

  const one = (uri, rest) => ({ contents: [{ uri, ...rest }] });
  server.registerResource('static-text', 'test://static-text', { mimeType: 'text/plain' },
    async () => one('test://static-text', { text: 'This is the content of the static text resource.' }));
  server.registerResource('static-binary', 'test://static-binary', { mimeType: 'image/png' },
    async () => one('test://static-binary', { blob: png }));
  server.registerResource('watched-resource', 'test://watched-resource', {}, async () => one('test://watched-resource', { text: 'watched' }));
  server.registerResource('template', new ResourceTemplate('test://template/{id}/data', { list: undefined }), {},
    async (uri, { id }) => one(uri.href, { text: JSON.stringify({ id }) }));
  server.server.setRequestHandler('resources/subscribe', async () => ({}));
  server.server.setRequestHandler('resources/unsubscribe', async () => ({}));

  const words = ['paris', 'park', 'party', 'seoul'];
  server.registerPrompt('test_prompt_with_arguments', {
    argsSchema: z.object({ arg1: completable(z.string(), (v) => words.filter((word) => word.startsWith(v))), arg2: z.string() }),
  }, ({ arg1, arg2 }) => ({
    messages: [{ role: 'user', content: { type: 'text', text: `Prompt with arguments: arg1='${arg1}', arg2='${arg2}'` } }],
  }));
  return server;
}

const factory = { calculator, everything }[process.argv[2]];
if (process.argv.includes('--http')) {
  const serve = toNodeHandler(createMcpHandler(factory));
  const http = createServer((request, response) => void serve(request, response));
  http.listen(0, '127.0.0.1', () => console.error(`listening on http://127.0.0.1:${http.address().port}/mcp`));
  process.once('SIGTERM', () => process.exit(0));
} else {
  await serveStdio(factory);
}
