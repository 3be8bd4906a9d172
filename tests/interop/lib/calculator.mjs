// SPDX-License-Identifier: Apache-2.0
// What any client must see of the program `calculator`: one tool from a plain struct, its schema, its answers, its errors.
import assert from 'node:assert/strict';
import { rejection, text_of } from './check.mjs';

export async function calculator(checks, peer) {
  await checks.check('tools/list offers add with the derived schema', async () => {
    const { tools } = await peer.list_tools();
    const add = tools.find((tool) => tool.name === 'add');
    assert.ok(add, `no tool add in ${tools.map((tool) => tool.name)}`);
    assert.equal(add.description, 'Add two integers');
    assert.equal(add.inputSchema.type, 'object');
    assert.deepEqual(Object.keys(add.inputSchema.properties), ['a', 'b']);
    assert.deepEqual([...add.inputSchema.required].sort(), ['a', 'b']);
    assert.equal(add.inputSchema.properties.a.type, 'integer');
  });
  await checks.check('add answers in text and as structured content', async () => {
    const result = await peer.call_tool('add', { a: 2, b: 3 });
    assert.ok(!result.isError, text_of(result));
    assert.equal(JSON.parse(text_of(result)).result ?? JSON.parse(text_of(result)), 5);
    assert.deepEqual(result.structuredContent, peer.era === 'modern' ? 5 : { result: 5 });
  });
  await checks.check('negative numbers and the range of int', async () => {
    const result = await peer.call_tool('add', { a: -7, b: 3 });
    assert.deepEqual(result.structuredContent, peer.era === 'modern' ? -4 : { result: -4 });
    const beyond = await peer.call_tool('add', { a: 2 ** 40, b: 1 });
    assert.equal(beyond.isError, true);
  });
  for (const [name, args, word] of [
    ['a string where an integer belongs', { a: 'two', b: 3 }, 'a'],
    ['a missing member', { a: 2 }, 'b'],
    ['a fraction where an integer belongs', { a: 2.5, b: 3 }, 'a'],
    ['no arguments at all', {}, 'a'],
  ]) {
    await checks.check(`${name} is a result with isError that names the member`, async () => {
      const result = await peer.call_tool('add', args);
      assert.equal(result.isError, true);
      assert.match(text_of(result), new RegExp(`\\b${word}\\b`));
      assert.doesNotMatch(text_of(result), /exception|nlohmann|std::|\.cpp/i);
    });
  }
  await checks.check('an unknown tool is -32602', async () => {
    const error = await rejection(peer.call_tool('subtract', { a: 1, b: 2 }));
    assert.equal(error.code, -32602);
    assert.match(error.message, /subtract/);
  });
  await checks.check('twenty calls at once are answered each with its own sum', async () => {
    const sums = await Promise.all(Array.from({ length: 20 }, (_, i) => peer.call_tool('add', { a: i, b: 1000 })));
    sums.forEach((result, i) => {
      const value = result.structuredContent?.result ?? result.structuredContent;
      assert.equal(value, i + 1000);
    });
  });
}
