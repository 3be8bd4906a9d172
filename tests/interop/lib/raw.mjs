// SPDX-License-Identifier: Apache-2.0
// A client of 2026-07-28 without an SDK: what it sends is what the test wrote, byte by byte where it gives a text.
import { token_of } from './desk.mjs';

let last_id = 0;

export class RawClient {
  constructor(endpoint, principal, capabilities = {}) {
    this.url = endpoint.url;
    this.principal = principal;
    this.capabilities = capabilities;
  }

  /** The answer to one request, with `error` or `result`. `params` may be a text in which META stands for the envelope. */
  async ask(method, params, name = params.name ?? params.taskId) {
    const meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': this.capabilities,
      'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
    };
    const last = ++last_id;
    const text = typeof params === 'string' ? params.replace('META', JSON.stringify(meta)) : JSON.stringify({ ...params, _meta: { ...params._meta, ...meta } });
    const answer = await fetch(this.url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', 'MCP-Protocol-Version': '2026-07-28',
        Authorization: `Bearer ${token_of(this.principal)}`, 'Mcp-Method': method, ...(name ? { 'Mcp-Name': name } : {}),
      },
      body: `{"jsonrpc":"2.0","id":${last},"method":"${method}","params":${text}}`,
    });
    const body = await answer.text();
    if (answer.headers.get('Content-Type')?.startsWith('text/event-stream')) {
      const events = body.split('\n').filter((line) => line.startsWith('data:') && line.length > 6).map((line) => JSON.parse(line.slice(5)));
      return events.find((message) => message.id === last && !message.method);
    }
    return JSON.parse(body);
  }

  call(name, args, more = {}) { return this.ask('tools/call', { name, arguments: args, ...more }); }
}
