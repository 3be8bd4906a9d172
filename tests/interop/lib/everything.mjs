// SPDX-License-Identifier: Apache-2.0
// What any client must see of the program `everything`: each feature of the protocol once, as the official clients use it.
import assert from 'node:assert/strict';
import { rejection, text_of } from './check.mjs';

const no_arguments = {};

export async function everything(checks, peer) {
  await tools(checks, peer);
  await resources(checks, peer);
  await prompts(checks, peer);
  await questions(checks, peer);
  await running(checks, peer);
  await changes(checks, peer);
}

async function tools(checks, peer) {
  await checks.check('tools/list gives every tool an object schema', async () => {
    const { tools: all } = await peer.list_tools();
    for (const name of ['add', 'test_simple_text', 'test_tool_with_progress', 'test_elicitation', 'sleep'])
      assert.ok(all.some((tool) => tool.name === name), `no tool ${name}`);
    for (const tool of all) assert.equal(tool.inputSchema.type, 'object', tool.name);
  });
  await checks.check('text, image, audio and embedded resource content', async () => {
    assert.equal(text_of(await peer.call_tool('test_simple_text', no_arguments)), 'This is a simple text response for testing.');
    const [image] = (await peer.call_tool('test_image_content', no_arguments)).content;
    assert.deepEqual([image.type, image.mimeType], ['image', 'image/png']);
    const [audio] = (await peer.call_tool('test_audio_content', no_arguments)).content;
    assert.deepEqual([audio.type, audio.mimeType], ['audio', 'audio/wav']);
    const [embedded] = (await peer.call_tool('test_embedded_resource', no_arguments)).content;
    assert.equal(embedded.type, 'resource');
    assert.equal(embedded.resource.uri, 'test://embedded-resource');
  });
  await checks.check('a failing tool is a result with isError and its words', async () => {
    const result = await peer.call_tool('test_error_handling', no_arguments);
    assert.equal(result.isError, true);
    assert.match(text_of(result), /This tool intentionally returns an error for testing/);
  });
  await checks.check('structured output of an object goes out as it is in both eras', async () => {
    const result = await peer.call_tool('weather', { city: 'Seoul' });
    assert.deepEqual(result.structuredContent, { city: 'Seoul', celsius: 21.5, sky: 'clear' });
    assert.deepEqual(JSON.parse(text_of(result)), result.structuredContent);
  });
  await checks.check('wrong arguments of an enum name the member', async () => {
    const result = await peer.call_tool('weather', { city: 7 });
    assert.equal(result.isError, true);
    assert.match(text_of(result), /city/);
  });
  await checks.check('a schema given as JSON comes as it is, and is checked', async () => {
    const { tools: all } = await peer.list_tools();
    const schema = all.find((tool) => tool.name === 'json_schema_2020_12_tool')?.inputSchema;
    assert.deepEqual(schema.then, { required: ['phone'] });
    assert.equal(schema.$defs.address.$anchor, 'addressDef');
    const good = await peer.call_tool('json_schema_2020_12_tool', { name: 'Mina', contactMethod: 'phone', phone: '1' });
    assert.ok(!good.isError, text_of(good));
    const bad = await peer.call_tool('json_schema_2020_12_tool', { name: 'Mina', contactMethod: 'phone', email: 'm@example.com' });
    assert.equal(bad.isError, true);
    assert.match(text_of(bad), /phone/);
  });
  await checks.check('an unknown tool is -32602', async () => {
    assert.equal((await rejection(peer.call_tool('no_such_tool', no_arguments))).code, -32602);
  });
}

async function resources(checks, peer) {
  await checks.check('resources are listed and read, text and binary', async () => {
    const { resources: all } = await peer.client.listResources();
    assert.ok(all.some((resource) => resource.uri === 'test://static-text'));
    const { contents } = await peer.client.readResource({ uri: 'test://static-text' });
    assert.equal(contents[0].text, 'This is the content of the static text resource.');
    const binary = await peer.client.readResource({ uri: 'test://static-binary' });
    assert.equal(Buffer.from(binary.contents[0].blob, 'base64').subarray(1, 4).toString(), 'PNG');
  });
  await checks.check('a template is listed and its expansion is read', async () => {
    const { resourceTemplates } = await peer.client.listResourceTemplates();
    assert.ok(resourceTemplates.some((template) => template.uriTemplate === 'test://template/{id}/data'));
    const { contents } = await peer.client.readResource({ uri: 'test://template/42/data' });
    assert.equal(JSON.parse(contents[0].text).id, '42');
  });
  await checks.check('an unknown resource is an error of the era', async () => {
    const error = await rejection(peer.client.readResource({ uri: 'test://nowhere' }));
    assert.equal(error.code, peer.era === 'modern' ? -32602 : peer.legacy_unknown_resource);
  });
}

async function prompts(checks, peer) {
  await checks.check('prompts are listed and filled', async () => {
    const { prompts: all } = await peer.client.listPrompts();
    assert.ok(all.some((prompt) => prompt.name === 'test_prompt_with_arguments'));
    const { messages } = await peer.client.getPrompt({ name: 'test_prompt_with_arguments', arguments: { arg1: 'x', arg2: 'y' } });
    assert.equal(messages[0].content.text, "Prompt with arguments: arg1='x', arg2='y'");
  });
  await checks.check('an unknown prompt is -32602, and so is a missing argument', async () => {
    assert.equal((await rejection(peer.client.getPrompt({ name: 'nothing' }))).code, -32602);
    assert.equal((await rejection(peer.client.getPrompt({ name: 'test_prompt_with_arguments', arguments: { arg1: 'x' } }))).code, -32602);
  });
  await checks.check('an argument is completed', async () => {
    const { completion } = await peer.client.complete({
      ref: { type: 'ref/prompt', name: 'test_prompt_with_arguments' },
      argument: { name: 'arg1', value: 'pa' },
    });
    assert.deepEqual(completion.values, ['paris', 'park', 'party']);
  });
}

async function questions(checks, peer) {
  await checks.check('a form is asked for and its answer reaches the tool', async () => {
    peer.answers.elicitation = (params) => {
      assert.equal(params.message, 'Your name?');
      assert.equal(params.requestedSchema.properties.username.type, 'string');
      return { action: 'accept', content: { username: 'Mina', email: 'mina@example.com' } };
    };
    const result = await peer.call_tool('test_elicitation', { message: 'Your name?' });
    assert.match(text_of(result), /action=accept.*Mina/);
  });
  await checks.check('a declined form reaches the tool as declined', async () => {
    peer.answers.elicitation = () => ({ action: 'decline' });
    assert.match(text_of(await peer.call_tool('test_elicitation', { message: 'Your name?' })), /action=decline/);
  });
  await checks.check('two questions, one after the other, in one call', async () => {
    const seen = [];
    peer.answers.elicitation = (params) => {
      seen.push(params.message);
      return { action: 'accept', content: { answer: `answer ${seen.length}` } };
    };
    const result = await peer.call_tool('ask_twice', no_arguments);
    assert.equal(text_of(result), 'answer 1, then answer 2');
    assert.equal(seen.length, 2);
  });
  await checks.check('sampling is asked for and answered', async () => {
    peer.answers.sampling = (params) => {
      assert.equal(params.messages[0].content.text, 'Say something');
      return { model: 'peer', role: 'assistant', content: { type: 'text', text: 'something' } };
    };
    assert.match(text_of(await peer.call_tool('test_sampling', { prompt: 'Say something' })), /something/);
  });
  await checks.check('questions of ten calls at once keep apart', async () => {
    peer.answers.elicitation = (params) => ({ action: 'accept', content: { username: `for ${params.message}`, email: 'a@example.com' } });
    const results = await Promise.all(Array.from({ length: 10 }, (_, i) => peer.call_tool('test_elicitation', { message: `q${i}` })));
    results.forEach((result, i) => assert.match(text_of(result), new RegExp(`for q${i}\\b`)));
  });
}

async function running(checks, peer) {
  await checks.check('progress arrives, in order, before the answer', async () => {
    const seen = [];
    await peer.call_tool('test_tool_with_progress', no_arguments, { onprogress: (update) => seen.push(update.progress) });
    assert.deepEqual(seen, [0, 50, 100]);
  });
  await checks.check('a cancelled call stops the handler, and a slow call blocks nobody', async () => {
    const before = Number(text_of(await peer.call_tool('cancelled_sleeps', no_arguments)));
    const stop = new AbortController();
    const slow = peer.call_tool('sleep', { milliseconds: 15_000 }, { signal: stop.signal });
    const outcome = rejection(slow);
    const start = Date.now();
    await peer.call_tool('test_simple_text', no_arguments);
    assert.ok(Date.now() - start < 2000, 'the quick call waited for the slow one');
    await new Promise((done) => setTimeout(done, 100));
    stop.abort('enough');
    await outcome;
    let after = before;
    for (let tries = 0; tries < 100 && after === before; tries += 1) {
      after = Number(text_of(await peer.call_tool('cancelled_sleeps', no_arguments)));
      await new Promise((done) => setTimeout(done, 20));
    }
    assert.equal(after, before + 1);
  });
  await checks.check('log lines arrive when asked for', async () => {
    const lines = await peer.with_logging(() => peer.call_tool('test_tool_with_logging', no_arguments));
    assert.deepEqual(lines.map((line) => line.level), ['info', 'info', 'info']);
  });
}

async function changes(checks, peer) {
  await checks.check('a changed tool list is told', async () => {
    const told = await peer.tools_changed(() => peer.call_tool('test_trigger_tool_change', no_arguments));
    assert.ok(told >= 1);
  });
  await checks.check('a changed resource is told to who subscribed', async () => {
    const uri = await peer.resource_updated('test://watched-resource', () => peer.call_tool('touch_watched_resource', no_arguments));
    assert.equal(uri, 'test://watched-resource');
  });
}
