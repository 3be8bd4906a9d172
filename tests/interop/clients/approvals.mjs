// SPDX-License-Identifier: Apache-2.0
// People decide about calls of the official TypeScript clients, by every way that the client's revision has: a form in the
// client, a page, and approvers elsewhere.
// usage: node approvals.mjs --client v1|v2 --revision REVISION [--over http] -- approvals_server
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Checks, parse_arguments, rejection, text_of } from '../lib/check.mjs';
import { approval_of, Desk, kApproval, token_of } from '../lib/desk.mjs';
import { official } from '../lib/official.mjs';

const { options, command } = parse_arguments(process.argv.slice(2));
const { client: generation, revision } = options;
const checks = new Checks(`approvals, TypeScript client ${generation}, ${revision}, ${options.over ?? 'stdio'}`);
const modern = revision === '2026-07-28';
const kLong = { hold: 15_000 };
const kShort = { hold: 100 };

/** One check at a desk of its own: body(desk, connect). connect(server, client) gives a client of mina's, closed in the end. */
async function check(name, body, settings) {
  await checks.check(name, async () => {
    const desk = await Desk.open(command, settings);
    const open = [];
    const connect = async (server = {}, client = {}) => {
      const endpoint = options.over === 'http' ? await desk.serve_http(server) : undefined;
      if (endpoint) endpoint.headers = { Authorization: `Bearer ${token_of('mina')}` };
      const one = await official({ generation, revision, endpoint, command, args: desk.words(server, '--principal', 'mina'), ...client });
      open.push(async () => {
        await one.close();
        endpoint?.process.kill('SIGTERM');
      });
      return one;
    };
    try {
      await body(desk, connect);
    } finally {
      await Promise.all(open.map((close) => close()));
    }
  });
}

/** A person at the client who gives these answers, one after the other; the last one again and again. */
function person(elicitation, ...answers) {
  const questions = [];
  return {
    elicitation, questions,
    answer: async (params, signal) => {
      questions.push(params);
      const said = answers[Math.min(questions.length, answers.length) - 1];
      return typeof said === 'function' ? said(params, signal) : said;
    },
  };
}
const kForm = revision < '2025-11-25' ? {} : { form: {} };
const kPage = { url: {} };
const kPages = 'https://desk.example/approvals/{id}';
const filled = (decision, reason) => ({ action: 'accept', content: reason ? { decision, reason } : { decision } });
const kOrder = { order: 'A-17', amount: 5 };

function assert_pending(result, id) {
  assert.equal(result.isError, true, text_of(result));
  assert.match(text_of(result), /waits for a person's approval .*again with the same arguments/s);
  assert.equal(approval_of(result).status, 'pending');
  assert.equal(approval_of(result).id, id);
  assert.ok(Date.parse(approval_of(result).expiresAt) > Date.now());
}
function assert_done(result, { replayed = false, words = 'refunded A-17 5' } = {}) {
  assert.ok(!result.isError, text_of(result));
  assert.equal(text_of(result), words);
  assert.equal(approval_of(result).status, 'executed');
  assert.equal(approval_of(result).replayed ?? false, replayed);
}
function assert_denied(result, words) {
  assert.equal(result.isError, true, text_of(result));
  assert.match(text_of(result), words);
  assert.equal(approval_of(result).status, 'denied');
}

await check('it is served in the revision that it asks for, and a read asks nobody', async (desk, connect) => {
  const user = person(kForm, { action: 'decline' });
  const mina = await connect(kLong, revision >= '2025-06-18' ? user : {});
  assert.equal(mina.revision(), revision);
  assert.ok(!(await mina.call('look', {})).isError);
  assert.deepEqual(user.questions, []);
  assert.deepEqual(await desk.approvals(), []);
});

// ---- the connected user, in the client

if (revision >= '2025-06-18') {
  await check('form: approved, it is done once', async (desk, connect) => {
    const user = person(kForm, () => {
      assert.deepEqual(desk.refunds(), []);
      return filled('approve');
    });
    const mina = await connect(kLong, user);
    assert_done(await mina.call('refund', kOrder));
    const [question, ...more] = user.questions;
    assert.deepEqual(more, []);
    assert.equal(question.mode ?? 'form', 'form');
    for (const words of ['refund', 'order: "A-17"', 'amount: 5', 'money is paid out']) assert.ok(question.message.includes(words), question.message);
    assert.deepEqual(question.requestedSchema.properties.decision.enum, ['approve', 'deny']);
    assert_done(await mina.call('refund', { amount: 5, order: 'A-17' }), { replayed: true });
    assert.equal(user.questions.length, 1);
    assert.deepEqual(desk.refunds(), ['A-17 5']);
  });

  await check('form: denied, the reason is told, and the same call is refused without asking again', async (desk, connect) => {
    const user = person(kForm, filled('deny', 'the order was delivered'));
    const mina = await connect(kLong, user);
    assert_denied(await mina.call('refund', kOrder), /mina denied it: the order was delivered/);
    assert_denied(await mina.call('refund', kOrder), /the order was delivered/);
    assert.equal(user.questions.length, 1);
    assert.deepEqual(desk.refunds(), []);
  });

  await check('form: declined is denied', async (desk, connect) => {
    const mina = await connect(kLong, person(kForm, { action: 'decline' }));
    assert_denied(await mina.call('refund', kOrder), /mina denied it/);
    assert.deepEqual(desk.refunds(), []);
  });

  await check('form: put off, the question stays open and the same call asks again', async (desk, connect) => {
    const user = person(kForm, { action: 'cancel' }, filled('approve'));
    const mina = await connect(kLong, user);
    const put_off = await mina.call('refund', kOrder);
    const [waiting] = await desk.approvals();
    assert_pending(put_off, waiting.id);
    assert.deepEqual(desk.refunds(), []);
    const done = await mina.call('refund', kOrder);
    assert_done(done);
    assert.equal(approval_of(done).id, waiting.id);
    assert.deepEqual(desk.refunds(), ['A-17 5']);
  });

  await check('form: what others decide is not asked of the user', async (desk, connect) => {
    const user = person(kForm, filled('approve'));
    const mina = await connect(kShort, user);
    assert_pending(await mina.call('refund_by_others', kOrder), (await desk.asked()).id);
    assert.deepEqual(user.questions, []);
    assert.deepEqual(desk.refunds(), []);
  });

  await check('form: a tool that asks by itself is approved once and done once', async (desk, connect) => {
    const user = person(kForm, filled('approve'), { action: 'accept', content: { text: 'sorry' } });
    const mina = await connect(kLong, user);
    assert_done(await mina.call('refund_with_note', kOrder), { words: 'refunded A-17/sorry 5' });
    assert.equal(user.questions.length, 2);
    assert.deepEqual(desk.refunds(), ['A-17/sorry 5']);
    assert.deepEqual((await desk.approvals()).map((one) => one.state), ['executed']);
  });

  if (!modern) {
    await check('form: an approver is faster, and the question is taken back', async (desk, connect) => {
      let taken_back = false;
      const user = person(kForm, async (_, signal) => {
        signal.addEventListener('abort', () => { taken_back = true; });
        await desk.approve((await desk.asked()).id);
        while (!taken_back) await sleep(20);
        return filled('deny');
      });
      const mina = await connect(kLong, user);
      assert_done(await mina.call('refund', kOrder));
      while (!taken_back) await sleep(20);
      assert.deepEqual(desk.refunds(), ['A-17 5']);
    });
  }
}

// ---- the connected user, on a page

if (revision >= '2025-11-25') {
  await check('page: somebody decides there, and the call goes on', async (desk, connect) => {
    const user = person(kPage, (params) => {
      const id = params.url.split('/').at(-1);
      desk.asked().then((waiting) => desk.approve(waiting.id === id ? id : `${id} is not ${waiting.id}`));
      return { action: 'accept' };
    }, { action: 'accept' });
    const mina = await connect({ ...kLong, url: kPages }, user);
    assert_done(await mina.call('refund', kOrder));
    const [{ id }] = await desk.approvals();
    for (const question of user.questions) {
      assert.equal(question.mode, 'url');
      assert.equal(question.url, kPages.replace('{id}', id));
    }
    assert.equal(user.questions.length, 1);
    if (modern) assert.equal(user.questions[0].elicitationId, undefined);
    else {
      assert.ok(user.questions[0].elicitationId.length >= 20 && user.questions[0].elicitationId !== id);
      while (mina.completed.length === 0) await sleep(20);
      assert.deepEqual(mina.completed, [user.questions[0].elicitationId]);
    }
    assert.deepEqual(desk.refunds(), ['A-17 5']);
  });

  await check('page: denied there', async (desk, connect) => {
    const user = person(kPage, () => {
      desk.asked().then((waiting) => desk.deny(waiting.id, 'not today'));
      return { action: 'accept' };
    });
    const mina = await connect({ ...kLong, url: kPages }, user);
    assert_denied(await mina.call('refund', kOrder), /bob denied it: not today/);
    assert.deepEqual(desk.refunds(), []);
  });

  for (const action of ['decline', 'cancel']) {
    await check(`page: not opened (${action}), the call is told where it is decided`, async (desk, connect) => {
      const mina = await connect({ ...kLong, url: kPages }, person(kPage, { action }));
      const told = await mina.call('refund', kOrder);
      const [{ id }] = await desk.approvals();
      assert_pending(told, id);
      assert.equal(approval_of(told).url, kPages.replace('{id}', id));
      await desk.approve(id);
      assert_done(await mina.call('refund', kOrder));
    });
  }

  await check('page: nobody decides, the call is told so', async (desk, connect) => {
    const user = person(kPage, { action: 'accept' });
    const mina = await connect({ ...kShort, url: kPages }, user);
    const told = await mina.call('refund', kOrder);
    assert_pending(told, (await desk.asked()).id);
    assert.equal(user.questions.length, modern ? 5 : 1);
    assert.deepEqual(desk.refunds(), []);
  });
}

// ---- approvers elsewhere

await check('elsewhere: told to come back; approved, the same call is done; again, it is the stored result', async (desk, connect) => {
  const mina = await connect(kShort);
  const told = await mina.call('refund', kOrder);
  const { id } = await desk.asked();
  assert_pending(told, id);
  assert_pending(await mina.call('refund', kOrder), id);  // asked once
  await desk.approve(id);
  assert.deepEqual(desk.refunds(), []);
  const done = await mina.call('refund', kOrder);
  assert_done(done);
  assert.equal(approval_of(done).id, id);
  assert_done(await mina.call('refund', kOrder), { replayed: true });
  assert.deepEqual(desk.refunds(), ['A-17 5']);
});

await check('elsewhere: approved while the request is held, it is done', async (desk, connect) => {
  const mina = await connect(kLong);
  const [done] = await Promise.all([mina.call('refund_by_others', kOrder), desk.asked().then(({ id }) => desk.approve(id))]);
  assert_done(done);
  assert.deepEqual(desk.refunds(), ['A-17 5']);
});

await check('elsewhere: denied with a reason', async (desk, connect) => {
  const mina = await connect(kShort);
  await mina.call('refund', kOrder);
  await desk.deny((await desk.asked()).id, 'ask the warehouse first');
  assert_denied(await mina.call('refund', kOrder), /bob denied it: ask the warehouse first/);
  assert.deepEqual(desk.refunds(), []);
});

await check('elsewhere: the same call over another connection uses the approval', async (desk, connect) => {
  const first = await connect(kShort);
  await first.call('refund', kOrder);
  await desk.approve((await desk.asked()).id);
  const second = await connect(kShort);
  const [a, b] = await Promise.all([first.call('refund', kOrder), second.call('refund', kOrder)]);
  for (const result of [a, b]) assert.ok(['executed', 'claimed'].includes(approval_of(result).status), text_of(result));
  assert_done(await second.call('refund', kOrder), { replayed: true });
  assert.deepEqual(desk.refunds(), ['A-17 5']);
});

await check('a request that is given up withdraws its question', async (desk, connect) => {
  const mina = await connect(kLong);
  const given_up = new AbortController();
  const failed = rejection(mina.call('refund', kOrder, { signal: given_up.signal }));
  const { id } = await desk.asked();
  given_up.abort('changed my mind');
  await failed;
  while ((await desk.state(id)) === 'pending') await sleep(20);
  assert.equal(await desk.state(id), 'withdrawn');
  assert.deepEqual(desk.refunds(), []);
});

await check('nobody: refused, and the refusal says what to set up', async (desk, connect) => {
  const mina = await connect(kLong);
  const refused = await mina.call('refund', kOrder);
  assert.equal(refused.isError, true);
  assert.match(text_of(refused), /sumun approvals init/);
  assert.match(text_of(refused), /money is paid out/);
  assert.equal(refused._meta?.[kApproval], undefined);
  assert.deepEqual(await desk.approvals(), []);
  assert.deepEqual(desk.refunds(), []);
}, { approver: false });

checks.finish();
