// SPDX-License-Identifier: Apache-2.0
// JSON Schema 2020-12, 2019-09 and draft-07. Two halves: `Schema` compiles a schema document and validates values against it;
// `schema_of<T>()` and `form_schema_of<T>()` write the schema of a C++ type (<sumun/field.hpp> says what a member adds).
#pragma once
#include <sumun/convert.hpp>
#include <sumun/export.hpp>
#include <sumun/result.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

namespace sumun {
inline namespace v0 {

/// The version of JSON Schema that a document follows: what its `$schema` says, else that of the schema that refers to it,
/// else SchemaOptions::dialect.
enum class Dialect { draft_2020_12, draft_2019_09, draft_07 };

/// What `format` does (2020-12 validation, section 7.2). A metaschema that requires format-assertion asserts in any case.
enum class FormatUse { annotation, assertion };

/// Bounds on a schema, so that a hostile one ends: each breach is an Error or a Violation that names the bound.
struct SchemaLimits {
  std::size_t depth = 128;                  // nesting of the document: the compiler's stack
  std::size_t subschemas = 20'000;          // memory
  std::size_t references = 10'000;          // $ref, $dynamicRef and $recursiveRef keywords
  std::size_t pattern_size = 4'000;         // instructions of one compiled regular expression, after {n,m} is written out
  std::size_t steps = 2'000'000;            // subschemas and items that one validation may look at: time
  std::size_t evaluation_depth = 1'000;     // nesting of applied subschemas: the validator's stack
  std::size_t violations = 16;              // reported by one validation
  std::chrono::milliseconds time{5'000};    // of one validation, filling and explaining included; zero = no bound
  std::size_t filled_bytes = 4 * 1024 * 1024;  // what defaults may add to one value, as JSON text: memory
};

struct SchemaOptions {
  Dialect dialect = Dialect::draft_2020_12;   // where the document has no $schema
  FormatUse formats = FormatUse::annotation;
  std::map<std::string, json> documents = {};  // what $ref and $schema may name beside the document, by absolute URI without fragment
  SchemaLimits limits = {};
};

/// One way in which a value breaks a schema.
struct SUMUN_EXPORT Violation {
  std::string instance_location;  // JSON Pointer into the value: "/limit"; "" = the value itself
  std::string keyword_location;   // JSON Pointer along the evaluated keywords: "/properties/limit/maximum"
  std::string message;            // "500 is more than the maximum 50"
  std::string absolute_keyword_location = {};  // by URI, without the $ref on the way: "#/$defs/limit/maximum"; "" = says no more
  std::string written_location = {};  // the instance location as people write it: `tags[1]`, `["0"]`; "" = as far as the pointer tells

  /// The sentence with its place, as a model reads it: "arguments.limit: 500 is more than the maximum 50".
  std::string sentence(std::string_view root = "arguments") const;
  friend bool operator==(const Violation&, const Violation&) = default;
};

/// All sentences in one text, a line each.
SUMUN_EXPORT std::string explain(const std::vector<Violation>& violations, std::string_view root = "arguments");
/// The standard output formats of 2020-12 core, section 12.4: `{"valid": false}`.
SUMUN_EXPORT json flag_output(const std::vector<Violation>& violations);
/// … and `{"valid": false, "errors": [{"keywordLocation", "absoluteKeywordLocation"?, "instanceLocation", "error"}, …]}`. The
/// absolute location is there where a $ref or an $id was passed; it is a URI where the schema has one, else begins with "#".
SUMUN_EXPORT json basic_output(const std::vector<Violation>& violations);

/// What validation does with absent members that have a `default`.
enum class Defaults { fill, leave };

/// A compiled schema. A value; copies share the program.
/// Thread: compile anywhere; all const functions at once from any number of threads.
class SUMUN_EXPORT Schema {
 public:
  /// Compiles `document` (an object or a boolean). Never fetches anything; the metaschemas of the dialects are built in.
  /// Errors: invalid_value; the message begins with the keyword location: "#/properties/a/type: …". Among them: a keyword
  ///         with a value of the wrong type (annotations aside), a $ref that leads nowhere, a reference cycle, another dialect (by name), a
  ///         vocabulary that is required and not known, a pattern that is no regular expression, a limit of SchemaOptions.
  static Result<Schema> compile(json document, const SchemaOptions& options = {});

  /// The schema that allows everything.
  Schema();

  /// Whether the value is valid. A value that cannot be judged within SchemaLimits (steps, evaluation_depth, time) is not
  /// valid, also under `not`. Allocates nothing, but for uniqueItems of more than 24 items, propertyNames, patterns of more
  /// than 500 instructions, and unevaluatedProperties or unevaluatedItems of values with more than 256 members.
  bool valid(const json& instance) const;

  /// What is wrong with the value, at most SchemaLimits::violations; empty = valid, and then what `valid` says of memory
  /// holds. Best match first in oneOf and anyOf. Where a limit ended the validation, one of them names it.
  std::vector<Violation> validate(const json& instance) const;

  /// The same after filling absent members that have a `default` (in properties, items, $ref, $dynamicRef, allOf, in the
  /// dependentSchemas that apply, and in the branches of anyOf, oneOf and if that hold). A default that breaks its own schema is never filled. Where the value is not valid, some
  /// defaults may have been filled already.
  std::vector<Violation> validate(json& instance, Defaults defaults) const;

  /// The document as it was given.
  const json& document() const;

  struct Program;

 private:
  explicit Schema(std::shared_ptr<const Program> program) : program_(std::move(program)) {}
  std::shared_ptr<const Program> program_;
};

/// Something in a schema that a known client drops or mangles.
struct PortabilityNote {
  std::string client;    // "Claude (Anthropic API)", "OpenAI function calling", …
  std::string location;  // JSON Pointer into the schema: "/properties/a"
  std::string what;      // "refused: …", "changed: …" or "hint: …": what becomes of the tool, and of which keyword
};

/// What known clients refuse, change or hide in a tool's input schema: oneOf/anyOf/allOf/not at the top level, a top level that
/// is no object, $ref, another dialect than 2020-12, … Empty = nothing known. Schemas from schema_of have hints at most.
SUMUN_EXPORT std::vector<PortabilityNote> lint_portability(const json& schema);

// -- schemas from C++ types

/// Which side writes the values. Input: members with a default may be left out, unknown members are refused. Output: every
/// member is there but for empty optionals, and the schema leaves room for members of later versions.
enum class SchemaUse { input, output };

namespace detail {

template <class T>
inline constexpr bool kUnknownSchema = false;
template <class T, class... Seen>
inline constexpr bool kSeen = (std::is_same_v<T, Seen> || ...);

SUMUN_EXPORT void schema_allow_null(json& schema);
SUMUN_EXPORT void schema_of_alternatives(json& out, json alternatives, std::string_view keyword);

template <bool Full, class T, class... Seen>
void derive(json& out, SchemaUse use);

template <class T, bool Full>
void derive_integer(json& out) {
  out["type"] = "integer";
  using Bounds = IntegerBounds<T, Full>;
  if (sizeof(T) == 8 && Full) {  // a bound beyond 2^53 would not be read exactly
    if (std::is_unsigned_v<T>) out["minimum"] = 0;
    return;
  }
  out["minimum"] = Bounds::low;
  out["maximum"] = Bounds::high;
}

template <class T>
json enum_names_json() {
  json names = json::array();
  for (const auto& one : enum_values<T>()) names.push_back(one.name);
  return names;
}

template <Argument A>
json argument_json() {
  const auto value = argument_value<kStored<A>>();
  if constexpr (std::is_enum_v<std::remove_cv_t<decltype(value)>>) {
    return enum_name(value);
  } else {
    return value;
  }
}

template <class M>
struct ApplyMeta {  // nothing to write: wire_name, full_range, …; defaults come with the struct's members
  static void to(json&) {}
};
template <Text keyword, MetaFor kind, Argument A>
struct ApplyMeta<KeywordMeta<keyword, kind, A>> {
  static void to(json& schema) { schema[std::string(KeywordMeta<keyword, kind, A>::name())] = argument_json<A>(); }
};
template <class First, class Second>
struct ApplyMeta<PairMeta<First, Second>> {
  static void to(json& schema) {
    ApplyMeta<First>::to(schema);
    ApplyMeta<Second>::to(schema);
  }
};
template <Argument... A>
struct ApplyMeta<ExamplesMeta<A...>> {
  static void to(json& schema) { schema["examples"] = json::array({argument_json<A>()...}); }
};

template <class T>
struct ApplyField;
template <class T, Argument... A>
struct ApplyField<Field<T, A...>> {
  static void to(json& schema) {
    const bool exclusive_low = (is_keyword<std::remove_cv_t<decltype(A.value)>>("exclusiveMinimum") || ...);
    const bool exclusive_high = (is_keyword<std::remove_cv_t<decltype(A.value)>>("exclusiveMaximum") || ...);
    // The bounds of the C++ type give way to those that were asked for.
    if (exclusive_low) schema.erase("minimum");
    if (exclusive_high) schema.erase("maximum");
    (apply<A>(schema), ...);
  }

 private:
  template <class M>
  static constexpr bool is_keyword(std::string_view name) {
    if constexpr (requires { M::keyword_text; }) {
      return M::name() == name;
    } else {
      return false;
    }
  }
  template <Argument One>
  static void apply(json& schema) {
    using M = std::remove_cv_t<decltype(One.value)>;
    if constexpr (kIsText<M>) {
      schema["description"] = argument_value<kStored<One>>();
    } else {
      ApplyMeta<M>::to(schema);
    }
  }
};

// A member of a struct: an optional one is left out rather than null.
template <class M, class... Seen>
void derive_member(json& out, SchemaUse use) {
  using Inner = typename Unwrapped<M>::type;
  derive<FieldTraits<M>::full_range, typename WithoutOptional<Inner>::type, Seen...>(out, use);
  if constexpr (FieldTraits<M>::nullable) schema_allow_null(out);
  if constexpr (kIsField<M>) ApplyField<M>::to(out);
}

template <class T, class... Seen>
void derive_struct(json& out, SchemaUse use) {
  static_assert(CheckStruct<T>::ok);
  out["type"] = "object";
  if (const auto title_text = title_of<T>(); !title_text.empty()) out["title"] = title_text;
  if (const auto text = description_of<T>(); !text.empty()) out["description"] = text;
  json properties = json::object();
  json required_names = json::array();
  const auto& facts = member_facts<T>();
  for_each_index<T>([&]<std::size_t I>() {
    using M = MemberType<T, I>;
    constexpr std::string_view name = member_wire_name<T, I>;
    json& property = properties[std::string(name)];
    property = json::object();
    derive_member<M, T, Seen...>(property, use);
    const bool always_written = !kIsOptional<typename Unwrapped<M>::type> || FieldTraits<M>::required;
    if (use == SchemaUse::input && facts[I].has_default) property["default"] = facts[I].default_value;
    if (use == SchemaUse::input ? facts[I].required : always_written) required_names.push_back(name);
  });
  out["properties"] = std::move(properties);
  if (!required_names.empty()) out["required"] = std::move(required_names);
  if (use == SchemaUse::input) out["additionalProperties"] = false;
}

template <bool Full, class V, class... Seen>
struct DeriveVariant;
template <bool Full, class... T, class... Seen>
struct DeriveVariant<Full, std::variant<T...>, Seen...> {
  static void to(json& out, SchemaUse use) {
    json alternatives = json::array();
    (derive<Full, T, Seen...>(alternatives.emplace_back(json::object()), use), ...);
    schema_of_alternatives(out, std::move(alternatives), kTaggedVariant<std::variant<T...>> ? "oneOf" : "anyOf");
  }
};

template <bool Full, class T, class... Seen>
void derive(json& out, SchemaUse use) {
  if constexpr (HasConvert<T>) {
    static_assert(requires { { Convert<T>::schema() } -> std::convertible_to<json>; },
                  "sumun: a schema needs `static json schema();` in the Convert<T> of this type");
    out = Convert<T>::schema();
  } else if constexpr (kIsField<T>) {
    derive_member<T, Seen...>(out, use);
  } else if constexpr (std::is_same_v<T, bool>) {
    out["type"] = "boolean";
  } else if constexpr (Integer<T>) {
    derive_integer<T, Full>(out);
  } else if constexpr (std::is_floating_point_v<T>) {
    out["type"] = "number";
  } else if constexpr (std::is_same_v<T, std::string>) {
    out["type"] = "string";
  } else if constexpr (std::is_same_v<T, json>) {
    out = json::object();
  } else if constexpr (std::is_same_v<T, std::monostate> || std::is_same_v<T, std::nullptr_t>) {
    out["type"] = "null";
  } else if constexpr (kIsTag<T>) {
    out["type"] = "string";
    out["const"] = T::value();
  } else if constexpr (std::is_enum_v<T>) {
    out["type"] = "string";
    out["enum"] = enum_names_json<T>();
  } else if constexpr (kIsOptional<T>) {
    derive<Full, typename T::value_type, Seen...>(out, use);
    schema_allow_null(out);
  } else if constexpr (kIsVariant<T>) {
    DeriveVariant<Full, T, Seen...>::to(out, use);
  } else if constexpr (kIsMap<T>) {
    out["type"] = "object";
    derive<Full, typename T::mapped_type, Seen...>(out["additionalProperties"], use);
  } else if constexpr (kIsSequence<T> || kIsSet<T> || kIsFixedArray<T>) {
    using Item = std::remove_cvref_t<decltype(*std::begin(std::declval<T&>()))>;
    out["type"] = "array";
    if constexpr (std::is_same_v<T, std::vector<bool>>) {
      out["items"]["type"] = "boolean";
    } else {
      derive<Full, Item, Seen...>(out["items"] = json::object(), use);
    }
    if constexpr (kIsSet<T>) out["uniqueItems"] = true;
    if constexpr (kIsFixedArray<T>) {
      constexpr std::size_t size = sizeof(T) / sizeof(Item);
      out["minItems"] = size;
      out["maxItems"] = size;
    }
  } else if constexpr (kSeen<T, Seen...>) {
    static_assert(kUnknownSchema<T>,
                  "sumun: this struct contains itself: a schema without $ref cannot say that; hold the inner part as json, or "
                  "specialise sumun::Convert<T> with a schema of your own");
  } else if constexpr (CheckConvertible<T>::ok) {
    derive_struct<T, Seen...>(out, use);
  }
}

}  // namespace detail

/// The JSON Schema 2020-12 of a C++ type, without $ref and without oneOf, anyOf or allOf at the top.
template <class T>
json schema_of(SchemaUse use = SchemaUse::input) {
  using Plain = typename detail::Unwrapped<T>::type;
  static_assert(!detail::kIsVariant<Plain>,
                "sumun: a std::variant cannot be the whole input or output: known clients drop tools whose schema has oneOf or "
                "anyOf at the top; make it a member of a struct");
  json out = json::object();
  if constexpr (!detail::kIsVariant<Plain>) detail::derive<false, T>(out, use);
  return out;
}

namespace detail {
template <class T>
inline constexpr bool kObjectType = PlainStruct<T> || kIsMap<T> || std::is_same_v<T, json> || std::is_same_v<T, std::monostate> || HasConvert<T>;
}

/// The schema of a tool's input, which MCP wants to be an object: a plain struct, a map, json (any object) or
/// std::monostate (no arguments).
template <class T>
json input_schema_of() {
  static_assert(detail::kObjectType<T>,
                "sumun: a tool's input must be a plain struct (or std::map<std::string, …>, or json): its members are the "
                "arguments; put this type into a struct");
  if constexpr (std::is_same_v<T, json>) {
    return json{{"type", "object"}};
  } else if constexpr (std::is_same_v<T, std::monostate>) {
    return json{{"type", "object"}, {"properties", json::object()}, {"additionalProperties", false}};
  } else if constexpr (detail::kObjectType<T>) {
    return schema_of<T>(SchemaUse::input);
  } else {
    return nullptr;
  }
}

// -- forms (elicitation)

namespace detail {

template <class T>
inline constexpr bool kIsChoiceList = false;  // of enumerators: a multi-select
template <class E, class A>
inline constexpr bool kIsChoiceList<std::vector<E, A>> = std::is_enum_v<E>;
template <class E, class C, class A>
inline constexpr bool kIsChoiceList<std::set<E, C, A>> = std::is_enum_v<E>;

template <class M>
inline constexpr bool kFormMember = [] {
  using V = typename WithoutOptional<typename Unwrapped<M>::type>::type;
  return std::is_same_v<V, bool> || Integer<V> || std::is_same_v<V, float> || std::is_same_v<V, double> || std::is_same_v<V, std::string> ||
         std::is_enum_v<V> || kIsChoiceList<V>;
}();

template <class T>
consteval bool all_form_members() {
  if constexpr (PlainStruct<T>) {
    return []<std::size_t... I>(std::index_sequence<I...>) {
      return (kFormMember<MemberType<T, I>> && ...);
    }(std::make_index_sequence<member_count<T>>{});
  } else {
    return false;
  }
}

// Keeps what the specification's PrimitiveSchemaDefinition has.
SUMUN_EXPORT void form_trim(json& property);
SUMUN_EXPORT json form_titles(const json& names, const std::vector<std::string_view>& titles);

template <class E>
void form_choices(json& property) {  // {"type": "string", "enum": […]} with titles where the enum has them
  bool titled = false;
  std::vector<std::string_view> titles;
  for (const auto& one : enum_values<E>()) {
    titled = titled || !one.title.empty();
    titles.push_back(one.title.empty() ? one.name : one.title);
  }
  if (titled) {
    property["oneOf"] = form_titles(property["enum"], titles);
    property.erase("enum");
  }
}

}  // namespace detail

/// A struct that a form can ask for: every member is a text, a number, a boolean, an enum (one choice) or a list of an enum
/// (several), possibly std::optional, possibly a Field. No nesting: forms are flat (2026-07-28 client/elicitation).
template <class T>
concept is_form = detail::all_form_members<T>();

/// The `requestedSchema` of a form: {"type": "object", "properties": {…}, "required": […]} with the keywords that the
/// specification's PrimitiveSchemaDefinition has. Answers are validated against schema_of<T>(), which says more.
template <class T>
json form_schema_of() {
  static_assert(is_form<T>,
                "sumun: a form is a flat struct: every member a std::string, number, bool, enum or list of an enum (or "
                "std::optional of one); nested structs, maps and other lists cannot be asked for");
  json out = {{"type", "object"}, {"properties", json::object()}};
  if constexpr (is_form<T>) {
    json whole = schema_of<T>(SchemaUse::input);
    for_each_index<T>([&]<std::size_t I>() {
      using V = typename detail::WithoutOptional<typename detail::Unwrapped<MemberType<T, I>>::type>::type;
      const std::string name(member_wire_name<T, I>);
      json property = std::move(whole["properties"][name]);
      detail::form_trim(property);
      if constexpr (std::is_enum_v<V>) {
        detail::form_choices<V>(property);
      } else if constexpr (detail::kIsChoiceList<V>) {
        detail::form_choices<typename V::value_type>(property["items"]);
        if (property["items"].contains("oneOf")) property["items"] = json{{"anyOf", std::move(property["items"]["oneOf"])}};
      }
      out["properties"][name] = std::move(property);
    });
    if (whole.contains("required")) out["required"] = std::move(whole["required"]);
  }
  return out;
}

}  // namespace v0
}  // namespace sumun
