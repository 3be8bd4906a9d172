// SPDX-License-Identifier: Apache-2.0
// What any client must see of `sumun serve` over an index of examples/handbook: search, reading, listing, with citations
// whose bytes are the file's.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { rejection, text_of } from './check.mjs';

export async function documents(checks, peer) {
  let best;
  await checks.check('the three tools are offered as reads', async () => {
    const { tools } = await peer.list_tools();
    for (const name of ['search_documents', 'read_document', 'list_documents']) {
      const tool = tools.find((one) => one.name === name);
      assert.ok(tool, `no tool ${name}`);
      assert.equal(tool.annotations?.readOnlyHint, true, name);
      assert.equal(tool.outputSchema?.type, 'object', name);
    }
  });
  await checks.check('a question finds hits, best first, with citation, snippet and score', async () => {
    const result = await peer.call_tool('search_documents', { query: 'how many days of annual leave', top_k: 3 });
    assert.ok(!result.isError, text_of(result));
    const { hits } = result.structuredContent;
    assert.ok(hits.length >= 1 && hits.length <= 3, `${hits.length} hits`);
    [best] = hits;
    assert.match(best.citation.path, /leave\.md$/);
    assert.ok(best.snippet.length > 0);
    assert.match(text_of(result), /leave\.md/);
    for (let i = 1; i < hits.length; i += 1) assert.ok(hits[i - 1].score >= hits[i].score, 'not in order');
  });
  await checks.check('a citation names bytes and lines of the file', async () => {
    const { path, first_byte, end_byte, first_line, state } = best.citation;
    const file = readFileSync(path);
    assert.equal(state, 'current');
    assert.equal(file.subarray(first_byte, end_byte).toString(), best.text);
    assert.equal(file.subarray(0, first_byte).toString().split('\n').length, first_line);
  });
  await checks.check('a Korean question finds the Korean page', async () => {
    const result = await peer.call_tool('search_documents', { query: '연차 휴가는 며칠인가요?', top_k: 3 });
    assert.match(result.structuredContent.hits[0].citation.path, /ko\/leave\.md$/);
  });
  await checks.check('an empty query and a top_k out of range are results with isError that name the member', async () => {
    const beyond = await peer.call_tool('search_documents', { query: 'x', top_k: 51 });
    assert.equal(beyond.isError, true);
    assert.match(text_of(beyond), /top_k/);
    const empty = await peer.call_tool('search_documents', { query: '' });
    assert.equal(empty.isError, true);
    assert.match(text_of(empty), /query/);
  });
  await checks.check('a hit is read on by its id', async () => {
    const result = await peer.call_tool('read_document', { document: best.document_id, first_line: 1, last_line: 2 });
    assert.ok(!result.isError, text_of(result));
    const lines = readFileSync(best.citation.path, 'utf8').split('\n').slice(0, 2).join('\n');
    assert.equal(result.structuredContent.text.trimEnd(), lines.trimEnd());
    const unknown = await peer.call_tool('read_document', { document: '/etc/passwd' });
    assert.equal(unknown.isError, true);
  });
  await checks.check('documents are listed page by page, each once', async () => {
    const seen = new Set();
    let cursor;
    do {
      const { structuredContent: page } = await peer.call_tool('list_documents', { limit: 5, ...(cursor && { cursor }) });
      for (const document of page.documents) {
        assert.ok(!seen.has(document.path), document.path);
        seen.add(document.path);
      }
      cursor = page.next_cursor;
    } while (cursor);
    assert.ok(seen.size > 10, `${seen.size} documents`);
  });
  await checks.check('documents are resources', async () => {
    const { contents } = await peer.client.readResource({ uri: best.resource });
    assert.equal(contents[0].text, readFileSync(best.citation.path, 'utf8'));
    const { resources } = await peer.client.listResources();
    assert.ok(resources.some((resource) => resource.uri === best.resource), 'the hit is not among the listed resources');
  });
  await checks.check('the prompt for answering carries the question and passages', async () => {
    const { prompts } = await peer.client.listPrompts();
    assert.ok(prompts.some((prompt) => prompt.name === 'answer_with_citations'));
    const { messages } = await peer.client.getPrompt({ name: 'answer_with_citations', arguments: { question: 'How many days of annual leave?' } });
    const all = JSON.stringify(messages);
    assert.match(all, /How many days of annual leave/);
    assert.match(all, /leave\.md/);
  });
  await checks.check('an unknown tool is -32602', async () => {
    assert.equal((await rejection(peer.call_tool('no_such_tool', {}))).code, -32602);
  });
}
