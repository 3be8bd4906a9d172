// SPDX-License-Identifier: Apache-2.0
// The same schema written for an older dialect: it must give the same verdicts. undefined where that dialect cannot say it.
// older(document, '2019-09' | 'draft-07')

const SUBSCHEMA = ['additionalProperties', 'propertyNames', 'items', 'contains', 'not', 'if', 'then', 'else', 'unevaluatedProperties', 'unevaluatedItems'];
const LIST = ['prefixItems', 'allOf', 'anyOf', 'oneOf'];
const NAMED = ['properties', 'patternProperties', 'dependentSchemas', '$defs'];
const DIALECT = { '2019-09': 'https://json-schema.org/draft/2019-09/schema', 'draft-07': 'http://json-schema.org/draft-07/schema#' };

class CannotSay extends Error {}

function rewrite(schema, change) {
  if (typeof schema !== 'object') return schema;
  const out = { ...schema };
  const each = (one) => rewrite(one, change);
  for (const name of SUBSCHEMA) if (name in out) out[name] = each(out[name]);
  for (const name of LIST) if (name in out) out[name] = out[name].map(each);
  for (const name of NAMED) if (name in out) out[name] = Object.fromEntries(Object.entries(out[name]).map(([key, one]) => [key, each(one)]));
  return change(out);
}

const needs = (schema, ...names) => {
  if (names.some((name) => name in schema)) throw new CannotSay();
};

function to2019(schema) {
  needs(schema, '$dynamicRef', '$dynamicAnchor'); // $recursiveRef says less
  const { prefixItems, items, ...out } = schema;
  if (prefixItems) {
    out.items = prefixItems;
    if (items !== undefined) out.additionalItems = items;
  } else if (items !== undefined) {
    out.items = items;
  }
  return out;
}

function to07(schema) {
  needs(schema, 'unevaluatedProperties', 'unevaluatedItems', 'minContains', 'maxContains');
  const { $ref, $anchor, $defs, dependentRequired = {}, dependentSchemas = {}, ...out } = schema;
  if ($anchor) out.$id = `#${$anchor}`;
  if ($defs) out.definitions = $defs;
  const dependencies = { ...dependentSchemas };
  for (const [name, required] of Object.entries(dependentRequired)) dependencies[name] = name in dependencies ? { allOf: [dependencies[name], { required }] } : required;
  if (Object.keys(dependencies).length > 0) out.dependencies = dependencies;
  if ($ref === undefined) return out;
  // What stands beside a $ref is passed over there.
  out.allOf = [...(out.allOf ?? []), { $ref: $ref.replaceAll('/$defs/', '/definitions/') }];
  return out;
}

export function older(document, dialect) {
  try {
    // Items that contains has looked at count as evaluated in 2020-12 alone, also through applicators.
    const text = JSON.stringify(document);
    if (dialect === '2019-09' && text.includes('"contains"') && text.includes('"unevaluatedItems"')) return undefined;
    const change = dialect === 'draft-07' ? (schema) => to07(to2019(schema)) : to2019;
    return { ...rewrite(document, change), $schema: DIALECT[dialect] };
  } catch (error) {
    if (error instanceof CannotSay) return undefined;
    throw error;
  }
}
