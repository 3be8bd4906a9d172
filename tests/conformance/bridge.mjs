// SPDX-License-Identifier: Apache-2.0
// Streamable HTTP in front of a stdio server, so that the official conformance suite, which speaks HTTP only, can test it.
// It adds what HTTP adds (sessions, streams, status codes, headers against body) and passes everything else through.
//
//   modern requests (2026-07-28)  one child serves all of them; ids, progress tokens and subscription ids are made
//                                 unique on the way in and given back on the way out
//   legacy sessions               one child a session, started by `initialize`
//
// usage: node bridge.mjs [PORT] -- COMMAND...        prints the address that it listens on; PORT 0 = any
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

const cut = process.argv.indexOf('--');
const port = Number(cut > 2 ? process.argv[2] : 0);
const command = process.argv.slice(cut + 1);
const kModern = '2026-07-28';
const kMeta = { version: 'io.modelcontextprotocol/protocolVersion', level: 'io.modelcontextprotocol/logLevel', subscription: 'io.modelcontextprotocol/subscriptionId' };
const kStatus = { [-32601]: 404, [-32700]: 400, [-32600]: 400, [-32602]: 400, [-32020]: 400, [-32021]: 400, [-32022]: 400 };

const failure = (id, code, message, data) => ({ jsonrpc: '2.0', id: id ?? null, error: { code, message, ...(data && { data }) } });
const meta_of = (message) => message?.params?._meta ?? {};

/** One HTTP request that waits for its answer: JSON if the answer is all there is, else an event stream. */
class Exchange {
  constructor(request, response) {
    this.request = request;
    this.response = response;
    this.streaming = false;
    this.ended = false;
  }
  event(message) {
    if (this.ended) return;
    if (!this.streaming) {
      this.streaming = true;
      this.response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache', ...this.headers });
    }
    this.response.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
  }
  finish(message) {
    if (this.ended) return;
    if (this.streaming) {
      this.event(message);
      this.response.end();
    } else {
      reply(this.response, message.error && this.modern ? (kStatus[message.error.code] ?? 200) : 200, message, this.headers);
    }
    this.ended = true;
  }
}

/** A server process and the requests that it is answering. */
class Child {
  pending = new Map();  // our id -> exchange
  tokens = new Map();   // our progress token -> exchange
  serial = 0;
  stream;               // the session's own event stream (GET), legacy
  held = [];            // messages that came before that stream was opened

  constructor() {
    this.process = spawn(command[0], command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
    this.process.on('exit', () => {
      for (const exchange of this.pending.values()) exchange.finish(failure(exchange.request.id, -32603, 'the server process has ended'));
      this.pending.clear();
    });
    this.process.stdin.on('error', () => {});
    createInterface({ input: this.process.stdout }).on('line', (line) => this.receive(JSON.parse(line)));
  }

  send(message) { this.process.stdin.write(`${JSON.stringify(message)}\n`); }
  close() { this.process.stdin.end(); }

  request(exchange) {
    const id = `b${++this.serial}`;
    const message = structuredClone(exchange.request);
    message.id = id;
    const token = meta_of(message).progressToken;
    if (token !== undefined) {
      message.params._meta.progressToken = id;
      exchange.token = token;
      this.tokens.set(id, exchange);
    }
    this.pending.set(id, exchange);
    exchange.response.on('close', () => {
      if (exchange.ended || !exchange.modern) return;
      exchange.ended = true;
      this.forget(id);
      this.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id, reason: 'the client closed its stream' } });
    });
    this.send(message);
  }

  forget(id) {
    this.pending.delete(id);
    this.tokens.delete(id);
  }

  /** The id on the pipe of a request that the client names in a notification of its own. */
  own_id(client_id) {
    for (const [id, exchange] of this.pending) if (exchange.request.id === client_id) return id;
    return client_id;
  }

  receive(message) {
    if (message.method === undefined) return this.answer(message);
    const params = message.params ?? {};
    const subscription = this.pending.get(meta_of(message)[kMeta.subscription]);
    if (subscription) {
      params._meta[kMeta.subscription] = subscription.request.id;
      return subscription.event(message);
    }
    if (message.method === 'notifications/progress') {
      const exchange = this.tokens.get(params.progressToken);
      if (exchange) {
        params.progressToken = exchange.token;
        exchange.event(message);
      }
      return undefined;
    }
    if (message.method === 'notifications/cancelled' && this.pending.has(params.requestId)) params.requestId = this.pending.get(params.requestId).request.id;
    this.unrelated(message);
  }

  answer(message) {
    const exchange = this.pending.get(message.id);
    if (!exchange) {
      // An error without an id belongs to a message that could not be read: to the oldest that waits.
      const [oldest] = this.pending;
      if (message.error && oldest) {
        this.forget(oldest[0]);
        oldest[1].finish({ ...message, id: oldest[1].request.id ?? null });
      }
      return;
    }
    this.forget(message.id);
    const subscription = message.result?._meta?.[kMeta.subscription];
    if (subscription !== undefined) message.result._meta[kMeta.subscription] = exchange.request.id;
    exchange.finish({ ...message, id: exchange.request.id });
  }

  // What no member ties to a request: pushed requests and log lines go with the youngest request, the rest with the
  // session's stream.
  unrelated(message) {
    const waiting = [...this.pending.values()].filter((exchange) => !exchange.ended);
    const talkative = message.method === 'notifications/message' ? waiting.filter((one) => !one.modern || meta_of(one.request)[kMeta.level]) : waiting;
    const with_request = message.id !== undefined || message.method === 'notifications/message';
    const youngest = talkative.at(-1);
    if (with_request && youngest) youngest.event(message);
    else if (this.stream) this.stream.event(message);
    else if (!youngest?.modern) this.held.push(message);
  }

  listen(exchange) {
    this.stream = exchange;
    exchange.response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
    exchange.response.flushHeaders();
    exchange.streaming = true;
    exchange.response.on('close', () => { this.stream = undefined; });
    for (const message of this.held.splice(0)) exchange.event(message);
  }
}

const sessions = new Map();
let shared;  // the child of all modern requests

function reply(response, status, message, headers = {}) {
  response.writeHead(status, { ...(message && { 'Content-Type': 'application/json' }), ...headers });
  response.end(message && JSON.stringify(message));
}

/** Where a modern request's headers and body disagree, the words for it. */
function disagreement(headers, message) {
  const params = message.params ?? {};
  const version = meta_of(message)[kMeta.version];
  if (version !== undefined && headers['mcp-protocol-version'] !== version) return 'MCP-Protocol-Version';
  if (headers['mcp-method'] !== message.method) return 'Mcp-Method';
  const name = { 'tools/call': params.name, 'prompts/get': params.name, 'resources/read': params.uri }[message.method]
    ?? (/^tasks\/(get|update|cancel)$/.test(message.method) ? params.taskId : undefined);
  if (name !== undefined && headers['mcp-name'] !== name) return 'Mcp-Name';
  return undefined;
}

function is_local(address) {
  return /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(address ?? '');
}

function post(request, response, body) {
  let message;
  try {
    message = JSON.parse(body);
  } catch {
    return reply(response, 400, failure(null, -32700, 'the body is no JSON'));
  }
  const session_id = request.headers['mcp-session-id'];
  const modern = session_id === undefined && (meta_of(message)[kMeta.version] !== undefined || message.method !== 'initialize');
  if (!modern) return legacy(request, response, message, session_id);

  if (request.headers['mcp-protocol-version'] === undefined && meta_of(message)[kMeta.version] === undefined)
    return reply(response, 400, failure(message.id, -32000, 'neither a session nor a protocol version'));
  const wrong = disagreement(request.headers, message);
  if (wrong) return reply(response, 400, failure(message.id, -32020, `Header mismatch: ${wrong} does not match the body`));
  shared ??= new Child();
  if (message.id === undefined) {
    shared.send(message);
    return reply(response, 202);
  }
  const exchange = new Exchange(message, response);
  exchange.modern = true;
  return shared.request(exchange);
}

function legacy(request, response, message, session_id) {
  let child = sessions.get(session_id);
  let headers;
  if (message.method === 'initialize' && session_id === undefined) {
    child = new Child();
    const id = randomUUID();
    sessions.set(id, child);
    headers = { 'Mcp-Session-Id': id };
  }
  if (!child) return reply(response, 404, failure(message.id, -32001, 'no such session'));
  if (message.method === undefined || message.id === undefined) {
    if (message.method === 'notifications/cancelled') message.params.requestId = child.own_id(message.params.requestId);
    child.send(message);
    return reply(response, 202);
  }
  const exchange = new Exchange(message, response);
  exchange.headers = headers;
  return child.request(exchange);
}

const server = createServer((request, response) => {
  const origin = request.headers.origin;
  if (!is_local(request.headers.host) || (origin !== undefined && !is_local(origin.replace(/^https?:\/\//, ''))))
    return reply(response, 403, failure(null, -32000, 'this host or origin is not served'));
  const session_id = request.headers['mcp-session-id'];
  if (request.method === 'POST') {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (part) => { body += part; });
    request.on('end', () => post(request, response, body));
    return undefined;
  }
  const child = sessions.get(session_id);
  if (!child) return reply(response, session_id === undefined ? 405 : 404, failure(null, -32000, 'no such session'));
  if (request.method === 'GET') return child.listen(new Exchange({}, response));
  if (request.method === 'DELETE') {
    child.close();
    sessions.delete(session_id);
    return reply(response, 200);
  }
  return reply(response, 405);
});
server.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/mcp`));
process.on('SIGTERM', () => {
  for (const child of [shared, ...sessions.values()]) child?.close();
  process.exit(0);
});
