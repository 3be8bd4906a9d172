// SPDX-License-Identifier: Apache-2.0
// The schemas that a server lists, read by Ajv (2020-12, strict), and whether both agree on arguments: what Ajv takes the
// server must take, what Ajv refuses the server must refuse with "invalid arguments for …".
// usage: node schemas.mjs [--unstrict TOOL] -- COMMAND...
//   --unstrict: this tool's schema was written by hand and need not please Ajv's strict mode
import assert from 'node:assert/strict';
import Ajv2020 from 'ajv/dist/2020.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { CreateMessageRequestSchema, ElicitRequestSchema, ErrorCode, ListRootsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { Checks, parse_arguments, text_of } from '../lib/check.mjs';

const kPatienceMs = 300;  // for a tool that took its arguments and works

const { options, command, args } = parse_arguments(process.argv.slice(2));
const checks = new Checks('schemas read by Ajv');
const client = new Client({ name: 'sumun-interop', version: '1' }, { capabilities: { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} } });
client.setRequestHandler(ElicitRequestSchema, async () => ({ action: 'cancel' }));
client.setRequestHandler(CreateMessageRequestSchema, async () => { throw new Error('no model here'); });
client.setRequestHandler(ListRootsRequestSchema, async () => ({ roots: [] }));
await client.connect(new StdioClientTransport({ command, args, stderr: 'ignore', env: process.env }));

/** A value that the schema should take, as small as it may be. */
function sample(schema, root) {
  if (schema.$ref) return sample(schema.$ref.slice(2).split('/').reduce((at, step) => at[step], root), root);
  if ('default' in schema) return schema.default;
  if ('const' in schema) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.anyOf ?? schema.oneOf) return sample((schema.anyOf ?? schema.oneOf)[0], root);
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case 'object': return Object.fromEntries((schema.required ?? []).map((name) => [name, sample(schema.properties?.[name] ?? {}, root)]));
    case 'array': return Array.from({ length: schema.minItems ?? 0 }, () => sample(schema.items ?? {}, root));
    case 'integer': case 'number': return schema.minimum ?? (schema.exclusiveMinimum === undefined ? Math.min(0, schema.maximum ?? 0) : schema.exclusiveMinimum + 1);
    case 'string': return 'x'.repeat(schema.minLength ?? 1);
    case 'boolean': return false;
    default: return null;
  }
}

/** The sample, with what Ajv still misses in it: `required` may stand in a branch. */
function good_arguments(validate, schema) {
  const good = sample(schema, schema);
  while (!validate(structuredClone(good))) {
    const missing = validate.errors.find((error) => error.keyword === 'required' && error.instancePath === '' && !(error.params.missingProperty in good));
    assert.ok(missing, `the sample ${JSON.stringify(good)} is not valid: ${JSON.stringify(validate.errors)}`);
    good[missing.params.missingProperty] = sample(schema.properties[missing.params.missingProperty], schema);
  }
  return good;
}

/** The schema of a member, through $ref. */
function resolved(schema, root) {
  return schema?.$ref ? resolved(schema.$ref.slice(2).split('/').reduce((at, step) => at[step], root), root) : schema;
}

/** [what was done, arguments]: each member of the first two levels taken away and replaced, and one too many. */
function* broken(good, schema, root, wrap = (value) => value, depth = 0) {
  yield ['an unknown member', wrap({ ...good, zzz: 1 })];
  for (const name of Object.keys(schema.properties ?? {})) {
    const inner = resolved(schema.properties[name], root);
    const put = (value) => wrap({ ...good, [name]: value });
    const { [name]: _, ...without } = good;
    yield [`without ${name}`, wrap(without)];
    for (const value of [null, true, 'text', '', '5', 0, -1e15, 1e15, 1.5, [], [null], {}, { zzz: 1 }, 'x'.repeat(20_000)]) {
      yield [`${name} = ${JSON.stringify(value).slice(0, 20)}`, put(value)];
    }
    if (depth === 0 && inner?.type === 'object') yield* broken(good[name] ?? sample(inner, root), inner, root, put, 1);
  }
}

/** Whether a call needs what this client lacks: then it is refused before its arguments are read. */
async function is_out_of_reach(tool) {
  const result = await client.callTool({ name: tool.name, arguments: {} }, undefined, { timeout: kPatienceMs }).catch(() => ({}));
  return result.isError === true && text_of(result).startsWith(`${tool.name}: the client lacks the capability `);
}

/** Whether the server took the arguments; what the tool then does is another matter. */
async function takes(tool, args_) {
  try {
    const result = await client.callTool({ name: tool.name, arguments: args_ }, undefined, { timeout: kPatienceMs });
    return !(result.isError && text_of(result).startsWith(`invalid arguments for ${tool.name}: `));
  } catch (error) {
    if (error.code === ErrorCode.RequestTimeout) return true;
    assert.notEqual(error.code, ErrorCode.InvalidParams, `wrong arguments must be a result that the model sees: ${error.message}`);
    return true;
  }
}

const { tools } = await client.listTools();
let compared = 0, refused = 0;
for (const tool of tools) {
  const ajv = new Ajv2020({ strict: tool.name !== options.unstrict, allowUnionTypes: true, useDefaults: true, validateFormats: false, logger: false });
  ajv.addKeyword('x-mcp-header');  // of 2026-07-28, server/tools
  let validate;
  await checks.check(`${tool.name}: its schemas are taken`, async () => {
    validate = ajv.compile(tool.inputSchema);
    if (tool.outputSchema) ajv.compile(tool.outputSchema);
  });
  if (!validate || await is_out_of_reach(tool)) continue;
  await checks.check(`${tool.name}: the server takes and refuses the same arguments`, async () => {
    const good = good_arguments(validate, tool.inputSchema);
    const differences = [];
    let tried_working = 0;
    for (const [what, args_] of [['as it should be', good], ...broken(good, tool.inputSchema, tool.inputSchema)]) {
      const want = validate(structuredClone(args_));
      if (want && ++tried_working > 6) continue;  // a few of those that run are enough
      if (await takes(tool, args_) !== want) differences.push(`${what}: ${want ? 'Ajv takes it' : `Ajv refuses it: ${ajv.errorsText(validate.errors)}`}`);
      compared += 1;
      refused += want ? 0 : 1;
    }
    assert.deepEqual(differences, []);
  });
}
await checks.check('there was something to compare', async () => {
  assert.ok(compared > 20 && refused > 10, `${compared} compared, ${refused} of them refused`);
});
console.log(`${tools.length} tools, ${compared} arguments compared, ${refused} of them refused`);
await client.close();
checks.finish();
