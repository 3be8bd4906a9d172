// SPDX-License-Identifier: Apache-2.0
// How a client of these tests reaches its server: over stdio, where its SDK starts the command, or over HTTP, where we do.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/**
 * `--over http [--token TOKEN]`: starts the command, which says where it listens on standard error.
 * {url, headers, process} over HTTP, else undefined.
 */
export async function http_endpoint(options, command, args) {
  if (options.over !== 'http') return undefined;
  const server = spawn(command, args, { stdio: ['ignore', 'inherit', 'pipe'] });
  process.on('exit', () => server.kill('SIGKILL'));
  const url = await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`${command} has ended (${code})`)));
    createInterface({ input: server.stderr }).on('line', (line) => {
      const found = line.match(/listening on (\S+)/);
      if (found) resolve(found[1]);
      else console.error(line);
    });
  });
  return { url: new URL(url), headers: options.token ? { Authorization: `Bearer ${options.token}` } : {}, process: server };
}

/** How long the server takes to end when its client has gone: by itself over stdio, when told to over HTTP. */
export async function time_to_end(client, endpoint) {
  const start = Date.now();
  await client.close();
  if (endpoint) {
    const ended = new Promise((resolve, reject) => {
      endpoint.process.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`the server's exit code is ${code}`))));
    });
    endpoint.process.kill('SIGTERM');
    await ended;
  }
  return Date.now() - start;
}

/** What the endpoint says to a request without, and with a wrong, token. */
export async function statuses_without_token(endpoint) {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };
  const post = (more) => fetch(endpoint.url, { method: 'POST', body, headers: { ...headers, ...more } });
  const [without, wrong] = [await post({}), await post({ Authorization: 'Bearer wrong' })];
  return [without.status, wrong.status, without.headers.get('WWW-Authenticate') ?? ''];
}
