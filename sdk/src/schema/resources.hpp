// SPDX-License-Identifier: Apache-2.0
// The schema resources of the documents at hand: what $id, $anchor and $dynamicAnchor name, and where a reference leads
// (2020-12 core, sections 8.2 and 9; draft-07 core, section 8). A document is looked through when something first names it.
#pragma once
#include <sumun/schema.hpp>

#include "schema/dialect.hpp"

#include <deque>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace sumun::schema {

using ResourceId = std::uint32_t;

struct Anchor {
  const json* schema;
  std::string where;
  bool dynamic;
};

struct Resource {
  std::string uri;       // absolute where the document has such a one, without fragment
  std::string where;     // of its root in its document: "#/$defs/a", "https://example.org/units#"
  const json* root;
  DialectFacts dialect;
  std::string problem;   // why its dialect cannot be read; "" = it can
  bool recursive_anchor = false;  // 2019-09: the root has $recursiveAnchor true
  std::map<std::string, Anchor> anchors = {};
};

/// Where a reference leads.
struct Target {
  const json* schema;
  std::string where;
  ResourceId resource;
  std::string dynamic_anchor = {};  // the name by which a $dynamicRef got here; "" = by another way
};

class Resources {
 public:
  /// `document` and the documents of `options` stay where they are while this lives.
  explicit Resources(const SchemaOptions& options) : options_(options) {}

  /// Reads the schema itself. Errors: nested too deep, an $id or an anchor that is none.
  Result<ResourceId> add_root(const json& document);

  /// Errors: no document at hand has this URI; nothing is there; what add_root says, of the document it leads to.
  Result<Target> find(ResourceId from, const std::string& reference);

  const Resource& operator[](ResourceId id) const { return resources_[id]; }
  std::size_t size() const { return resources_.size(); }
  /// Of a subschema that was met on the way here.
  ResourceId of(const json& schema) const {
    const auto found = of_.find(&schema);
    return found == of_.end() ? 0 : found->second;
  }

 private:
  struct Step;  // one level of the way down to a subschema
  void refuse(const std::string& message);
  ResourceId add_document(const std::string& uri, const json& document, DialectFacts inherited);
  void measure(const json& value, std::size_t depth, const std::string& where);
  void scan(const json& schema, const Step& step, ResourceId resource);
  void scan_children(const json& schema, const Step& step, ResourceId resource);
  ResourceId identify(const json& schema, const Step& step, ResourceId resource);
  void add_anchors(const json& schema, const Step& step, ResourceId resource);
  void add_anchor(ResourceId resource, const std::string& name, const json& schema, const Step& step, bool dynamic);
  void read_dialect(Resource& resource);
  const json* metaschema(const std::string& uri);
  std::optional<ResourceId> named(const std::string& uri);
  Result<Target> at_pointer(ResourceId from, const std::string& pointer);

  const SchemaOptions& options_;
  std::deque<Resource> resources_;
  std::map<const char*, json> builtin_;          // metaschemas that were asked for
  std::map<std::string, ResourceId> names_;      // by absolute URI
  std::set<std::string> seen_;                   // keys of options_.documents that were looked through
  std::unordered_map<const json*, ResourceId> of_;  // every subschema that was met
  std::optional<Error> error_;
};

}  // namespace sumun::schema
