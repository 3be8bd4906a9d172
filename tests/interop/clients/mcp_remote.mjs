// SPDX-License-Identifier: Apache-2.0
// `mcp-remote`, by which clients that speak stdio only reach a server over HTTP: the second TypeScript client talks to it.
// usage: node mcp_remote.mjs --checks calculator|everything [--token TOKEN] -- COMMAND...
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse_arguments } from '../lib/check.mjs';
import { http_endpoint } from '../lib/endpoint.mjs';

const { options, command, args } = parse_arguments(process.argv.slice(2));
const endpoint = await http_endpoint({ ...options, over: 'http' }, command, args);
const proxy = fileURLToPath(new URL('../node_modules/mcp-remote/dist/proxy.js', import.meta.url));
const client = fileURLToPath(new URL('typescript_v2.mjs', import.meta.url));
const headers = Object.entries(endpoint.headers).flatMap(([name, value]) => ['--header', `${name}:${value}`]);
const home = mkdtempSync(join(tmpdir(), 'sumun-mcp-remote-'));
process.on('exit', () => rmSync(home, { recursive: true, force: true }));

spawn(process.execPath, [client, '--era', 'legacy', '--checks', options.checks, '--', process.execPath, proxy, endpoint.url.href,
  '--transport', 'http-only', '--allow-http', '--silent', ...headers], { stdio: 'inherit', env: { ...process.env, MCP_REMOTE_CONFIG_DIR: home } })
  .once('exit', (code) => process.exit(code ?? 1));
