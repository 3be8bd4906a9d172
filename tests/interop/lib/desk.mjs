// SPDX-License-Identifier: Apache-2.0
// The desk of peers/approvals_server.cpp: servers on one store in a folder of its own, and the approver bob, who decides
// in another process.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { http_endpoint } from './endpoint.mjs';

const run = promisify(execFile);
const folders = [];
process.on('exit', () => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));
process.setMaxListeners(0);  // a server each

/** The key of the gate's question, and of what `_meta` says of an approval. */
export const kApproval = 'dev.sumun/approval';
export const approval_of = (result) => result._meta?.[kApproval];
export const token_of = (principal) => `a-token-of-the-interop-tests-for-${principal}`;

export class Desk {
  /** @param program approvals_server */
  static async open(program, { approver = true } = {}) {
    const desk = new Desk();
    desk.program = program;
    desk.store = join(folders[folders.push(mkdtempSync(join(tmpdir(), 'sumun-desk-'))) - 1], 'desk.db');
    if (approver) await desk.say('add', 'bob');
    return desk;
  }

  async say(...words) {
    return (await run(this.program, [this.store, ...words])).stdout;
  }
  approve(id, by = 'bob') { return this.say('approve', id, by); }
  deny(id, reason) { return this.say('deny', id, 'bob', reason); }

  /** The newest approval first: {id, state, principal, tool, arguments}. */
  async approvals() {
    return (await this.say('list')).split('\n').filter(Boolean).map((line) => JSON.parse(line));
  }
  async state(id) { return (await this.approvals()).find((one) => one.id === id)?.state; }
  /** The one approval that waits, as soon as there is one. */
  async asked() {
    for (;; await sleep(50)) {
      const waiting = (await this.approvals()).filter((one) => one.state === 'pending');
      assert.ok(waiting.length <= 1, 'several approvals wait');
      if (waiting.length === 1) return waiting[0];
    }
  }
  /** What was paid back, and how often: one string each. */
  refunds() {
    const file = `${this.store}.refunds`;
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  }
  times(refund) { return this.refunds().filter((line) => line === refund).length; }

  /** The arguments of the program for a server: {hold, url, describe, ahead}. */
  words(options, ...more) {
    return [this.store, 'serve', ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]), ...more];
  }
  /** A server over HTTP for mina, eve and bob; their headers are {Authorization: Bearer token_of(name)}. */
  serve_http(options = {}) {
    const tokens = ['mina', 'eve', 'bob'].flatMap((name) => ['--token', name, token_of(name)]);
    return http_endpoint({ over: 'http' }, this.program, this.words(options, '--http', ...tokens));
  }
}
