// SPDX-License-Identifier: Apache-2.0
// Looks through documents for $id and anchors, only where a keyword of the dialect holds subschemas, and follows references.
#include "schema/resources.hpp"

#include "base/percent.hpp"
#include "schema/program.hpp"
#include "schema/uri.hpp"

#include <algorithm>

namespace sumun::schema {

namespace {

std::string without_empty_fragment(std::string_view uri) { return std::string(uri.ends_with('#') ? uri.substr(0, uri.size() - 1) : uri); }

// Colons are 2019-09's, an underscore in front is 2020-12's; both are taken in both.
bool plain_name(std::string_view text) {
  const auto inner = [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.' || c == ':'; };
  return !text.empty() && (is_letter(text[0]) || text[0] == '_') && std::all_of(text.begin(), text.end(), inner);
}

// The member or the item that one step of a JSON Pointer names; null = none.
const json* step_into(const json& value, std::string step) {
  for (std::size_t i = step.find('~'); i != std::string::npos; i = step.find('~', i + 1)) {
    if (i + 1 >= step.size() || (step[i + 1] != '0' && step[i + 1] != '1')) return nullptr;
    step.replace(i, 2, step[i + 1] == '0' ? "~" : "/");
  }
  if (value.is_object()) {
    const auto member = value.find(step);
    return member == value.end() ? nullptr : &*member;
  }
  if (!value.is_array() || step.empty() || step.size() > 9 || (step[0] == '0' && step.size() > 1)) return nullptr;
  if (!std::all_of(step.begin(), step.end(), is_digit)) return nullptr;
  const std::size_t index = std::stoul(step);
  return index < value.size() ? &value[index] : nullptr;
}

const std::string* text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? &found->get_ref<const std::string&>() : nullptr;
}

}  // namespace

struct Resources::Step {
  const Step* parent;
  std::string_view base;      // at the top: what the pointer begins with
  std::string_view keyword = {};
  std::string_view name = {};  // in a map of schemas
  std::size_t index = kNone;   // in a list of schemas

  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::string where() const {
    if (!parent) return std::string(base);
    std::string out = parent->where() + '/' + pointer_step(keyword);
    if (name.data()) out += '/' + pointer_step(name);
    if (index != kNone) out += '/' + std::to_string(index);
    return out;
  }
};

void Resources::refuse(const std::string& message) {
  if (!error_) error_ = fail(ErrorCode::invalid_value, message);
}

Result<ResourceId> Resources::add_root(const json& document) {
  const ResourceId root = add_document("", document, standard_dialect(options_.dialect));
  if (error_) return *error_;
  return root;
}

ResourceId Resources::add_document(const std::string& uri, const json& document, DialectFacts inherited) {
  const auto id = static_cast<ResourceId>(resources_.size());
  resources_.push_back({uri, uri + '#', &document, inherited, {}});
  names_.emplace(uri, id);
  measure(document, 0, uri + '#');
  if (!error_) scan(document, Step{nullptr, resources_[id].where}, id);
  return id;
}

// Bounds the depth before anything recurses over the document.
void Resources::measure(const json& value, std::size_t depth, const std::string& where) {
  if (depth > options_.limits.depth) return refuse(where + ": nested more than " + std::to_string(options_.limits.depth) + " levels deep");
  if (!value.is_structured()) return;
  for (const auto& part : value) {
    if (part.is_structured()) measure(part, depth + 1, where);
  }
}

void Resources::scan(const json& schema, const Step& step, ResourceId resource) {
  if (error_ || !of_.try_emplace(&schema, resource).second || !schema.is_object()) return;
  const bool hidden = resources_[resource].dialect.old() && resources_[resource].root != &schema && schema.contains("$ref");
  if (!hidden) {
    resource = identify(schema, step, resource);
    of_[&schema] = resource;
    add_anchors(schema, step, resource);
  }
  scan_children(schema, step, resource);
}

void Resources::scan_children(const json& schema, const Step& step, ResourceId resource) {
  for (const auto& [key, value] : schema.items()) {
    const auto holds = resources_[resource].dialect.holds(key);
    if (!holds || *holds == Holds::nothing) continue;
    if (*holds == Holds::map) {
      if (!value.is_object()) continue;
      for (const auto& [name, child] : value.items()) scan(child, Step{&step, {}, key, name}, resource);
    } else if (value.is_array()) {
      if (*holds == Holds::one) continue;
      for (std::size_t i = 0; i < value.size(); ++i) scan(value[i], Step{&step, {}, key, {}, i}, resource);
    } else if (*holds != Holds::list && (value.is_object() || value.is_boolean())) {
      scan(value, Step{&step, {}, key}, resource);
    }
  }
}

// The resource that the schema is in: a new one where it has an $id of its own.
ResourceId Resources::identify(const json& schema, const Step& step, ResourceId resource) {
  const bool root = resources_[resource].root == &schema;
  if (root) read_dialect(resources_[resource]);
  const std::string* id = text_of(schema, "$id");
  if (!id) return resource;
  // By the dialect that the schema is in, or begins.
  DialectFacts dialect = resources_[resource].dialect;
  if (const auto* uri = text_of(schema, "$schema"); uri && !root) dialect = standard_dialect(*uri).value_or(dialect);
  const auto fragment = fragment_of(*id).value_or("");
  const std::string_view uri = without_fragment(*id);
  if (!fragment.empty() && !dialect.old()) {
    refuse(step.where() + "/$id: \"" + *id + "\" has a fragment; a name inside a document is an $anchor");
    return resource;
  }
  if (!uri.empty()) {
    const std::string whole = resolve_uri(resources_[resource].uri, uri);
    if (root) {
      resources_[resource].uri = whole;
    } else {
      const ResourceId parent = resource;
      resource = static_cast<ResourceId>(resources_.size());
      resources_.push_back({whole, step.where(), &schema, resources_[parent].dialect, {}});
      read_dialect(resources_.back());
    }
    const auto [named, added] = names_.emplace(whole, resource);
    const Resource& other = resources_[named->second];
    const auto document = [](const std::string& where) { return without_fragment(where); };
    if (!added && other.root != &schema && document(other.where) == document(step.where())) {
      refuse(step.where() + "/$id: \"" + whole + "\" is at " + other.where + " already");
    }
  }
  if (!fragment.empty()) add_anchor(resource, std::string(fragment), schema, step, false);
  return resource;
}

void Resources::add_anchors(const json& schema, const Step& step, ResourceId resource) {
  const auto& dialect = resources_[resource].dialect;
  for (const char* keyword : {"$anchor", "$dynamicAnchor"}) {
    const std::string* name = dialect.knows(keyword) ? text_of(schema, keyword) : nullptr;
    if (!name) continue;
    if (!plain_name(*name)) return refuse(step.where() + '/' + keyword + ": \"" + *name + "\" is no name: letters, digits, - _ . : after a letter or _");
    add_anchor(resource, *name, schema, step, keyword[1] == 'd');
  }
  if (dialect.knows("$recursiveAnchor") && resources_[resource].root == &schema) {
    const auto anchor = schema.find("$recursiveAnchor");
    resources_[resource].recursive_anchor = anchor != schema.end() && *anchor == true;
  }
}

void Resources::add_anchor(ResourceId resource, const std::string& name, const json& schema, const Step& step, bool dynamic) {
  const auto [it, added] = resources_[resource].anchors.try_emplace(name, Anchor{&schema, step.where(), dynamic});
  if (!added && it->second.schema == &schema) {
    it->second.dynamic = it->second.dynamic || dynamic;
  } else if (!added) {
    refuse(step.where() + ": the anchor \"" + name + "\" is at " + it->second.where + " already");
  }
}

// What `$schema` at the root of a resource says.
void Resources::read_dialect(Resource& resource) {
  const std::string* uri = text_of(*resource.root, "$schema");
  if (!uri) return;
  if (const auto standard = standard_dialect(*uri)) {
    resource.dialect = *standard;
    return;
  }
  const json* meta = metaschema(without_empty_fragment(*uri));
  if (!meta) {
    resource.problem = unsupported_dialect(*uri);
    return;
  }
  const std::string* above = meta->is_object() ? text_of(*meta, "$schema") : nullptr;
  const auto base = above ? standard_dialect(*above) : std::nullopt;
  auto custom = custom_dialect(*meta, base.value_or(standard_dialect(options_.dialect)));
  if (custom) {
    resource.dialect = *custom;
  } else {
    resource.problem = "the dialect \"" + *uri + "\" " + custom.error().message;
  }
}

// A metaschema of somebody else's: one of the documents, by its key or by its $id.
const json* Resources::metaschema(const std::string& uri) {
  for (const auto& [key, document] : options_.documents) {
    if (without_empty_fragment(key) == uri) return &document;
  }
  for (const auto& [key, document] : options_.documents) {
    const std::string* id = document.is_object() ? text_of(document, "$id") : nullptr;
    if (id && without_empty_fragment(resolve_uri(key, *id)) == uri) return &document;
  }
  return nullptr;
}

std::optional<ResourceId> Resources::named(const std::string& uri) {
  const auto known = [&]() -> std::optional<ResourceId> {
    const auto found = names_.find(uri);
    return found == names_.end() ? std::nullopt : std::optional(found->second);
  };
  if (const auto id = known()) return id;
  const DialectFacts inherited = resources_[0].dialect;
  for (const bool all : {false, true}) {  // first the one whose key it is, then whatever may have it as an $id
    for (const auto& [key, document] : options_.documents) {
      const std::string plain = without_empty_fragment(key);
      if (!all && plain != uri) continue;
      if (seen_.insert(plain).second && !names_.contains(plain)) add_document(plain, document, inherited);
    }
    if (const auto id = known(); id || error_) return id;
    const auto builtin = all ? std::string_view() : builtin_document(uri);
    if (builtin.empty()) continue;
    const auto [document, added] = builtin_.try_emplace(builtin.data());
    if (added) {
      document->second = json::parse(builtin, nullptr, false);
      add_document(without_empty_fragment(*text_of(document->second, "$id")), document->second, inherited);
    }
    if (const auto id = known()) return id;
  }
  return std::nullopt;
}

Result<Target> Resources::find(ResourceId from, const std::string& reference) {
  const auto quoted = [&] { return '"' + reference + '"'; };
  ResourceId at = from;
  if (const auto uri = without_fragment(reference); !uri.empty()) {
    const auto found = named(resolve_uri(resources_[from].uri, uri));
    if (error_) return *error_;
    if (!found) return fail(ErrorCode::invalid_value, quoted() + " is not one of the documents at hand, and nothing is ever fetched");
    at = *found;
  }
  bool malformed = false;
  const std::string fragment = percent_decoded(fragment_of(reference).value_or(""), &malformed);
  const auto nowhere = [&] { return fail(ErrorCode::invalid_value, quoted() + " leads nowhere"); };
  if (malformed) return nowhere();
  if (fragment.empty()) return Target{resources_[at].root, resources_[at].where, at};
  if (fragment.front() == '/') {
    auto target = at_pointer(at, fragment);
    if (target.has_error() && !error_) return nowhere();
    return target;
  }
  const auto& anchors = resources_[at].anchors;
  const auto anchor = anchors.find(fragment);
  if (anchor == anchors.end()) return nowhere();
  return Target{anchor->second.schema, anchor->second.where, of(*anchor->second.schema), anchor->second.dynamic ? fragment : std::string()};
}

// Notices each resource on the way. A place that no keyword makes a subschema becomes one by being referred to.
Result<Target> Resources::at_pointer(ResourceId from, const std::string& pointer) {
  const std::string start = resources_[from].where;
  const json* at = resources_[from].root;
  std::string_view rest = pointer;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('/', 1), rest.size());
    at = step_into(*at, std::string(rest.substr(1, end - 1)));
    rest = rest.substr(end);
    if (!at) return fail(ErrorCode::invalid_value, "nothing there");
    if (const auto found = of_.find(at); found != of_.end()) from = found->second;
  }
  const std::string where = start + pointer;
  scan(*at, Step{nullptr, where}, from);
  if (error_) return *error_;
  return Target{at, where, of(*at)};
}

}  // namespace sumun::schema
