// SPDX-License-Identifier: Apache-2.0
// What any client must see of `sumun serve` over an index of examples/handbook: search, reading, listing, with citations.
import assert from 'node:assert/strict';
import { rejection, text_of } from './check.mjs';

export async function documents(checks, peer) {
  let first;
  await checks.check('the three tools are offered as reads', async () => {
    const { tools } = await peer.list_tools();
    for (const name of ['search_documents', 'read_document', 'list_documents']) {
      const tool = tools.find((one) => one.name === name);
      assert.ok(tool, `no tool ${name}`);
      assert.equal(tool.annotations?.readOnlyHint, true, name);
    }
  });
  await checks.check('a question finds hits with citation, snippet and score', async () => {
    const result = await peer.call_tool('search_documents', { query: 'vacation days', top_k: 3 });
    assert.ok(!result.isError, text_of(result));
    const { hits } = result.structuredContent;
    assert.ok(hits.length >= 1 && hits.length <= 3, `${hits.length} hits`);
    first = hits[0];
    for (const hit of hits) for (const member of ['citation', 'snippet', 'score']) assert.ok(member in hit, `hit without ${member}`);
  });
  await checks.check('a wrong top_k is a result with isError that names it', async () => {
    const result = await peer.call_tool('search_documents', { query: 'x', top_k: 51 });
    assert.equal(result.isError, true);
    assert.match(text_of(result), /top_k/);
  });
  await checks.check('documents are listed, and one is read', async () => {
    const listed = await peer.call_tool('list_documents', {});
    assert.ok(!listed.isError, text_of(listed));
    assert.ok(JSON.stringify(listed.structuredContent).length > 2);
    assert.ok(first, 'no hit to read');
  });
  await checks.check('documents are resources', async () => {
    const { resources } = await peer.client.listResources();
    assert.ok(resources.length > 0);
    const { contents } = await peer.client.readResource({ uri: resources[0].uri });
    assert.ok((contents[0].text ?? contents[0].blob).length > 0);
  });
  await checks.check('there is a prompt for answering with citations', async () => {
    const { prompts } = await peer.client.listPrompts();
    assert.ok(prompts.length >= 1);
  });
  await checks.check('an unknown tool is -32602', async () => {
    assert.equal((await rejection(peer.call_tool('no_such_tool', {}))).code, -32602);
  });
}
