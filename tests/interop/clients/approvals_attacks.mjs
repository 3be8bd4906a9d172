// SPDX-License-Identifier: Apache-2.0
// What a client may try to get past people, over HTTP in 2026-07-28: states that are forged, used again, of others or old,
// answers that nobody was asked for, approvals of other calls. And tasks, which no official client takes yet.
// usage: node approvals_attacks.mjs -- approvals_server
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Checks, parse_arguments, rejection, text_of } from '../lib/check.mjs';
import { approval_of, Desk, kApproval } from '../lib/desk.mjs';
import { RawClient } from '../lib/raw.mjs';

const { command } = parse_arguments(process.argv.slice(2));
const checks = new Checks('approvals, a client that cheats');
const kForm = { elicitation: { form: {} } };
const kTasks = { extensions: { 'io.modelcontextprotocol/tasks': {} } };
const kOrder = { order: 'A-17', amount: 5 };
const kShort = { hold: 100 };
const kHour = 3600;

/** One check at a desk of its own: body(desk, serve, stop). serve(options) starts a server on its store, stop(server) ends one. */
async function check(name, body, settings) {
  await checks.check(name, async () => {
    const desk = await Desk.open(command, settings);
    const servers = [];
    const serve = async (options = kShort) => {
      servers.push(await desk.serve_http(options));
      return servers.at(-1);
    };
    const stop = (server) => new Promise((resolve) => {
      server.process.once('exit', resolve);
      server.process.kill('SIGTERM');
    });
    try {
      await body(desk, serve, stop);
    } finally {
      for (const server of servers) server.process.kill('SIGTERM');
    }
  });
}

const yes = { [kApproval]: { action: 'accept', content: { decision: 'approve' } } };
const no = { [kApproval]: { action: 'accept', content: { decision: 'deny', reason: 'no' } } };
/** The state of the question that the answer is. */
function asked(answer) {
  assert.equal(answer.result?.resultType, 'input_required', JSON.stringify(answer));
  assert.equal(answer.result.inputRequests[kApproval].method, 'elicitation/create');
  return answer.result.requestState;
}
function refused_state(answer, words = /requestState/) {
  assert.equal(answer.error?.code, -32602, JSON.stringify(answer));
  assert.match(answer.error.message, words);
}
function done(answer) {
  assert.ok(answer.result && !answer.result.isError, JSON.stringify(answer));
  assert.equal(approval_of(answer.result).status, 'executed');
  return answer.result;
}
function pending(answer) {
  assert.equal(approval_of(answer.result ?? {})?.status, 'pending', JSON.stringify(answer));
  return approval_of(answer.result).id;
}

// ---- requestState

await check('a forged state decides nothing', async (desk, serve) => {
  const mina = new RawClient(await serve(), 'mina', kForm);
  const state = asked(await mina.call('refund', kOrder));
  const changed = (at) => state.slice(0, at) + (state[at] === 'A' ? 'B' : 'A') + state.slice(at + 1);
  const forged = [
    ...[0, 1, 5, 20, state.length >> 1, state.length - 3].map(changed), state.slice(0, -4), `${state}AAAA`, '', 'x', '{}',
    randomBytes(200).toString('base64url'), 'A'.repeat(40_000),
  ];
  for (const requestState of forged) refused_state(await mina.call('refund', kOrder, { requestState, inputResponses: yes }));
  assert.deepEqual((await desk.approvals()).map((one) => one.state), ['pending']);
  assert.deepEqual(desk.refunds(), []);
  done(await mina.call('refund', kOrder, { requestState: state, inputResponses: yes }));
  assert.deepEqual(desk.refunds(), ['A-17 5']);
});

await check('a state holds for its own tool and arguments', async (desk, serve) => {
  const mina = new RawClient(await serve(), 'mina', kForm);
  const requestState = asked(await mina.call('refund', kOrder));
  refused_state(await mina.call('refund', { ...kOrder, amount: 500 }, { requestState, inputResponses: yes }));
  refused_state(await mina.call('refund_by_others', kOrder, { requestState, inputResponses: yes }));
  refused_state(await mina.call('refund_with_note', kOrder, { requestState, inputResponses: yes }));
  assert.deepEqual(desk.refunds(), []);
  assert.equal((await desk.asked()).tool, 'refund');
});

await check('a state that is used again, also at once and at two servers, does nothing again', async (desk, serve) => {
  const first = new RawClient(await serve(), 'mina', kForm);
  const second = new RawClient(await serve(), 'mina', kForm);
  const requestState = asked(await first.call('refund', kOrder));
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? first : second).call('refund', kOrder, { requestState, inputResponses: yes })));
  assert.deepEqual(desk.refunds(), ['A-17 5']);
  assert.ok(answers.some((answer) => answer.result && !answer.result.isError));
  for (const one of [first, second]) assert.equal(approval_of(done(await one.call('refund', kOrder, { requestState, inputResponses: yes }))).replayed, true);
  assert.deepEqual(desk.refunds(), ['A-17 5']);
});

await check('after a denial the same state approves nothing', async (desk, serve) => {
  const mina = new RawClient(await serve(), 'mina', kForm);
  const requestState = asked(await mina.call('refund', kOrder));
  for (const inputResponses of [no, yes, yes]) {
    const { result } = await mina.call('refund', kOrder, { requestState, inputResponses });
    assert.equal(approval_of(result).status, 'denied');
    assert.equal(result.isError, true);
  }
  assert.deepEqual(desk.refunds(), []);
});

await check("another principal's state decides nothing", async (desk, serve) => {
  const server = await serve();
  const mina = new RawClient(server, 'mina', kForm);
  const eve = new RawClient(server, 'eve', kForm);
  const requestState = asked(await mina.call('refund', kOrder));
  refused_state(await eve.call('refund', kOrder, { requestState, inputResponses: yes }));
  assert.equal((await desk.asked()).principal, 'mina');
  asked(await eve.call('refund', kOrder));
  assert.deepEqual((await desk.approvals()).map((one) => one.principal).sort(), ['eve', 'mina']);
  assert.deepEqual(desk.refunds(), []);
});

await check('an expired state decides nothing, and neither does an answer when the approval has expired', async (desk, serve, stop) => {
  const now = await serve();
  const requestState = asked(await new RawClient(now, 'mina', kForm).call('refund', kOrder));
  await stop(now);
  const soon = await serve({ ...kShort, ahead: kHour - 60 });  // another process opens it while it holds
  refused_state(await new RawClient(soon, 'mina', kForm).call('refund', { ...kOrder, amount: 6 }, { requestState, inputResponses: yes }), /not made for this call/);
  asked(await new RawClient(soon, 'mina', kForm).call('refund', kOrder, { requestState }));
  await stop(soon);
  const late = new RawClient(await serve({ ...kShort, ahead: kHour + 60 }), 'mina', kForm);
  refused_state(await late.call('refund', kOrder, { requestState, inputResponses: yes }), /expired/);
  assert.deepEqual(desk.refunds(), []);
  const again = asked(await late.call('refund', kOrder));  // the approval is open a day
  assert.equal((await desk.approvals()).length, 1);
  done(await late.call('refund', kOrder, { requestState: again, inputResponses: yes }));
});

await check('approvals expire: pending after a day, approved after an hour', async (desk, serve, stop) => {
  const now = await serve();
  const mina = new RawClient(now, 'mina');
  const used = pending(await mina.call('refund', kOrder));
  const waiting = pending(await mina.call('refund', { ...kOrder, amount: 6 }));
  await desk.approve(used);
  await stop(now);
  const late = await serve({ ...kShort, ahead: kHour + 60 });
  assert.notEqual(pending(await new RawClient(late, 'mina').call('refund', kOrder)), used);
  assert.equal(pending(await new RawClient(late, 'mina').call('refund', { ...kOrder, amount: 6 })), waiting);
  await stop(late);
  const next_day = await serve({ ...kShort, ahead: 24 * kHour + 60 });
  assert.notEqual(pending(await new RawClient(next_day, 'mina').call('refund', { ...kOrder, amount: 6 })), waiting);
  assert.deepEqual(desk.refunds(), []);
});

await check('a server that ends while a request is held tells it, and leaves the question open', async (desk, serve, stop) => {
  const server = await serve({ hold: 1500 });
  const told = new RawClient(server, 'mina').call('refund', kOrder);
  const { id } = await desk.asked();
  await stop(server);
  assert.equal(pending(await told), id);
  assert.equal(await desk.state(id), 'pending');
});

// ---- answers that nobody was asked for

await check("the gate's question is not answered without its state", async (desk, serve) => {
  const mina = new RawClient(await serve(), 'mina', kForm);
  asked(await mina.call('refund', kOrder, { inputResponses: yes }));
  asked(await mina.call('refund', kOrder, { inputResponses: yes }));
  await desk.asked();
  assert.deepEqual(desk.refunds(), []);
});

await check("the state of a tool's own question approves nothing", async (desk, serve) => {
  const mina = new RawClient(await serve(), 'mina', kForm);
  const gate = asked(await mina.call('refund_with_note', kOrder));
  const own = await mina.call('refund_with_note', kOrder, { requestState: gate, inputResponses: yes });
  const question = Object.keys(own.result.inputRequests ?? {});
  assert.ok(question.length === 1 && question[0] !== kApproval, JSON.stringify(own));
  refused_state(await mina.call('refund', kOrder, { requestState: own.result.requestState, inputResponses: yes }));
  const note = { [question[0]]: { action: 'accept', content: { text: 'late' } } };
  const retries = Array.from({ length: 5 }, () => mina.call('refund_with_note', kOrder, { requestState: own.result.requestState, inputResponses: note }));
  await Promise.all(retries);
  await mina.call('refund_with_note', kOrder, { requestState: gate, inputResponses: yes });  // the older round
  assert.deepEqual(desk.refunds(), ['A-17/late 5']);
});

await check('an agent cannot answer for the approvers', async (desk, serve) => {
  const eve = new RawClient(await serve(), 'eve', { elicitation: { form: {}, url: {} } });
  for (const inputResponses of [undefined, yes]) {
    const id = pending(await eve.call('refund_by_others', kOrder, { inputResponses }));
    assert.ok(id.length > 0);
  }
  const bob = new RawClient(await serve(), 'bob', kForm);
  const refused = await bob.call('refund_by_others', kOrder, { inputResponses: yes });  // bob alone could decide, and asks
  assert.match(text_of(refused.result), /sumun approvals init/);
  assert.equal((await desk.approvals()).length, 1);
  assert.deepEqual(desk.refunds(), []);
});

await check('nobody decides twice, and nobody decides who is none', async (desk, serve) => {
  const mina = new RawClient(await serve(), 'mina');
  const id = pending(await mina.call('refund_by_others', kOrder));
  assert.match(String((await rejection(desk.approve(id, 'eve'))).stderr), /approvals_server: /);
  assert.equal(await desk.state(id), 'pending');
  await desk.deny(id, 'no');
  assert.match(String((await rejection(desk.approve(id))).stderr), /denied/);
  assert.equal(await desk.state(id), 'denied');
});

// ---- approvals of other calls

await check('a used approval lets no other call pass', async (desk, serve) => {
  const mina = new RawClient(await serve(), 'mina');
  const id = pending(await mina.call('refund', kOrder));
  await desk.approve(id);
  done(await mina.call('refund', kOrder));
  const named = { _meta: { [kApproval]: { id, status: 'approved' } } };
  for (const amount of [6, 50]) assert.notEqual(pending(await mina.call('refund', { ...kOrder, amount }, named)), id);
  assert.notEqual(pending(await mina.call('refund_by_others', kOrder, named)), id);
  assert.equal(approval_of(done(await mina.call('refund', kOrder, named))).replayed, true);
  assert.deepEqual(desk.refunds(), ['A-17 5']);
});

await check('an approval that waits is not burnt by calls that do not match', async (desk, serve) => {
  const server = await serve();
  const mina = new RawClient(server, 'mina');
  const id = pending(await mina.call('refund', kOrder));
  await desk.approve(id);
  pending(await mina.call('refund', { ...kOrder, amount: 6 }));
  pending(await new RawClient(server, 'eve').call('refund', kOrder));
  pending(await mina.call('refund_by_others', kOrder));
  assert.equal(await desk.state(id), 'approved');
  assert.equal(approval_of(done(await mina.call('refund', kOrder))).id, id);
  assert.deepEqual(desk.refunds(), ['A-17 5']);
});

await check('a tool that was defined anew is asked about anew', async (desk, serve, stop) => {
  const before = await serve();
  const id = pending(await new RawClient(before, 'mina').call('refund', kOrder));
  await desk.approve(id);
  await stop(before);
  const after = await serve({ ...kShort, describe: 'Pays all the money back' });
  assert.notEqual(pending(await new RawClient(after, 'mina').call('refund', kOrder)), id);
  assert.deepEqual(desk.refunds(), []);
  await stop(after);
  done(await new RawClient(await serve(), 'mina').call('refund', kOrder));
});

await check('an approval is for what the arguments mean, not for their bytes', async (desk, serve) => {
  const mina = new RawClient(await serve(), 'mina');
  const call = (args) => mina.ask('tools/call', `{"name":"refund","arguments":${args},"_meta":META}`, 'refund');
  const id = pending(await call('{"order":"A-17","amount":5}'));
  for (const same of ['{"amount":5,"order":"A-17"}', '{"order":"A-17","amount":5.0}', '{"order":"\\u0041-17","amount":0.5e1}', '{ "order" :\t"A-17", "amount":5 }']) {
    assert.equal(pending(await call(same)), id, same);
  }
  const ids = new Set([id]);
  const others = [
    '{"order":"A-17","amount":6}', '{"order":"a-17","amount":5}', '{"order":"A-17 ","amount":5}', '{"order":"A-17","amount":9007199254740991}',
    '{"order":"\u00e9","amount":5}', '{"order":"e\u0301","amount":5}',
  ];
  for (const other of others) ids.add(pending(await call(other)));
  assert.equal(ids.size, others.length + 1);
  for (const broken of ['{"order":"A-17","amount":5,"amount":500}', '{"order":"A-17","amount":9007199254740993}']) {
    const refused = await call(broken);
    assert.ok(refused.error || refused.result.isError, JSON.stringify(refused));
  }
  assert.equal((await desk.approvals()).length, ids.size);
  assert.deepEqual(desk.refunds(), []);
});

// ---- tasks

const handle = (answer) => {
  assert.equal(answer.result?.resultType, 'task', JSON.stringify(answer));
  return { taskId: answer.result.taskId };
};
async function ended(client, task) {
  for (;; await sleep(50)) {
    const { result } = await client.ask('tasks/get', task);
    if (!['working', 'input_required'].includes(result.status)) return result;
  }
}

await check('a task waits for the approval, then it is completed', async (desk, serve) => {
  const mina = new RawClient(await serve(), 'mina', kTasks);
  const task = handle(await mina.call('refund_by_others', kOrder));
  const waiting = (await mina.ask('tasks/get', task)).result;
  const { id } = await desk.asked();
  assert.equal(waiting.status, 'working');
  assert.ok(waiting.statusMessage.includes(id), waiting.statusMessage);
  await desk.approve(id);
  const end = await ended(mina, task);
  assert.equal(end.status, 'completed');
  assert.equal(text_of(end.result), 'refunded A-17 5');
  assert.equal(approval_of(end.result).status, 'executed');
  assert.deepEqual(desk.refunds(), ['A-17 5']);
  assert.equal(approval_of(done(await mina.call('refund_by_others', kOrder))).replayed, true);
});

await check('a task that was denied says so in its result', async (desk, serve) => {
  const mina = new RawClient(await serve(), 'mina', kTasks);
  const task = handle(await mina.call('refund_by_others', kOrder));
  await desk.deny((await desk.asked()).id, 'the order was delivered');
  const end = await ended(mina, task);
  assert.equal(end.status, 'completed');
  assert.equal(end.result.isError, true);
  assert.match(text_of(end.result), /bob denied it: the order was delivered/);
  assert.deepEqual(desk.refunds(), []);
});

await check('a task that is cancelled withdraws its question', async (desk, serve) => {
  const mina = new RawClient(await serve(), 'mina', kTasks);
  const task = handle(await mina.call('refund_by_others', kOrder));
  const { id } = await desk.asked();
  await mina.ask('tasks/cancel', task);
  assert.equal((await ended(mina, task)).status, 'cancelled');
  while ((await desk.state(id)) === 'pending') await sleep(20);
  assert.equal(await desk.state(id), 'withdrawn');
  assert.deepEqual(desk.refunds(), []);
});

await check("another principal sees nothing of a task, and cannot end it", async (desk, serve) => {
  const server = await serve();
  const mina = new RawClient(server, 'mina', kTasks);
  const eve = new RawClient(server, 'eve', kTasks);
  const task = handle(await mina.call('refund_by_others', kOrder));
  for (const method of ['tasks/get', 'tasks/cancel']) assert.equal((await eve.ask(method, task)).error?.code, -32602, method);
  await desk.approve((await desk.asked()).id);
  assert.equal((await ended(mina, task)).status, 'completed');
  assert.deepEqual(desk.refunds(), ['A-17 5']);
});

checks.finish();
