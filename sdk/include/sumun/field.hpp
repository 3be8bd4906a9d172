// SPDX-License-Identifier: Apache-2.0
// What a schema says about a member, written where one reads the member:
//     struct Search {
//       sumun::Field<std::string, "what to look for", sumun::length<1, 500>> query;
//       sumun::Field<int, "how many hits", sumun::range<1, 50>, sumun::default_<10>> top_k;
//       std::optional<std::string> language;
//     };
// A plain text is the description; the other items are below. `Field<T, …>` behaves like its T.
#pragma once
#include <sumun/reflect.hpp>
#include <sumun/result.hpp>

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace sumun {
inline namespace v0 {

/// A text as a template argument.
template <std::size_t N>
struct Text {
  char data[N]{};
  consteval Text(const char (&text)[N]) {
    for (std::size_t i = 0; i < N; ++i) data[i] = text[i];
  }
  constexpr std::string_view view() const { return {data, N - 1}; }
};

namespace detail {

// One template argument of any kind: a text, a number, an enumerator or an item such as `range<1, 50>`.
template <class V>
struct Argument {
  V value;
  consteval Argument(V v) : value(v) {}
};
template <std::size_t N>
struct Argument<Text<N>> {
  Text<N> value;
  consteval Argument(const char (&text)[N]) : value(text) {}
};
template <std::size_t N>
Argument(const char (&)[N]) -> Argument<Text<N>>;

template <class V>
inline constexpr bool kIsText = false;
template <std::size_t N>
inline constexpr bool kIsText<Text<N>> = true;

// A template argument as a run-time value: texts become string_view.
template <Argument A>
constexpr auto argument_value() {
  if constexpr (kIsText<std::remove_cv_t<decltype(A.value)>>) {
    return A.value.view();
  } else {
    return A.value;
  }
}

// The text itself, in static storage, so that a view of it outlives the expression.
template <Argument A>
inline constexpr auto kStored = A;

enum class MetaFor { anything, number, text, list };  // what kind of T an item makes sense for

// `Keyword`: the item writes one schema keyword with a constant.
template <Text keyword, MetaFor kind, Argument A>
struct KeywordMeta {
  static constexpr MetaFor meta_for = kind;
  static constexpr std::string_view name() { return keyword_text.view(); }
  static constexpr auto value() { return argument_value<kStored<A>>(); }
  static constexpr auto keyword_text = keyword;
};
template <class First, class Second>
struct PairMeta {
  static constexpr MetaFor meta_for = First::meta_for;
  using first = First;
  using second = Second;
};
template <Argument A>
struct DefaultMeta {
  static constexpr MetaFor meta_for = MetaFor::anything;
  static constexpr auto value() { return argument_value<kStored<A>>(); }
};
template <Argument... A>
struct ExamplesMeta {
  static constexpr MetaFor meta_for = MetaFor::anything;
};
template <Text text>
struct WireNameMeta {
  static constexpr MetaFor meta_for = MetaFor::anything;
  static constexpr auto stored = text;
};
struct FullRangeMeta {
  static constexpr MetaFor meta_for = MetaFor::anything;
};
struct NullableMeta {
  static constexpr MetaFor meta_for = MetaFor::anything;
};
struct RequiredMeta {
  static constexpr MetaFor meta_for = MetaFor::anything;
};

template <auto V>
concept Number = std::is_arithmetic_v<decltype(V)> && !std::is_same_v<decltype(V), bool>;

}  // namespace detail

/// The short name that a person reads.
template <Text text>
inline constexpr detail::KeywordMeta<"title", detail::MetaFor::anything, detail::Argument<decltype(text)>{text.data}> title{};
/// What the member means; a plain text among the items says the same.
template <Text text>
inline constexpr detail::KeywordMeta<"description", detail::MetaFor::anything, detail::Argument<decltype(text)>{text.data}> description{};
/// The value where the caller gives none: a number, a text, true, false or an enumerator.
template <detail::Argument value>
inline constexpr detail::DefaultMeta<value> default_{};
/// Values that show what is meant.
template <detail::Argument... values>
inline constexpr detail::ExamplesMeta<values...> examples{};

/// Bounds of a number, inclusive.
template <auto low>
  requires detail::Number<low>
inline constexpr detail::KeywordMeta<"minimum", detail::MetaFor::number, detail::Argument<decltype(low)>{low}> minimum{};
template <auto high>
  requires detail::Number<high>
inline constexpr detail::KeywordMeta<"maximum", detail::MetaFor::number, detail::Argument<decltype(high)>{high}> maximum{};
template <auto low, auto high>
  requires(detail::Number<low> && detail::Number<high> && low <= high)
inline constexpr detail::PairMeta<std::remove_const_t<decltype(minimum<low>)>, std::remove_const_t<decltype(maximum<high>)>> range{};
/// Bounds of a number that are no values themselves.
template <auto low>
  requires detail::Number<low>
inline constexpr detail::KeywordMeta<"exclusiveMinimum", detail::MetaFor::number, detail::Argument<decltype(low)>{low}> exclusive_minimum{};
template <auto high>
  requires detail::Number<high>
inline constexpr detail::KeywordMeta<"exclusiveMaximum", detail::MetaFor::number, detail::Argument<decltype(high)>{high}> exclusive_maximum{};
template <auto step>
  requires(detail::Number<step> && step > 0)
inline constexpr detail::KeywordMeta<"multipleOf", detail::MetaFor::number, detail::Argument<decltype(step)>{step}> multiple_of{};

/// How many Unicode characters a text has.
template <std::size_t n>
inline constexpr detail::KeywordMeta<"minLength", detail::MetaFor::text, detail::Argument<std::size_t>{n}> min_length{};
template <std::size_t n>
inline constexpr detail::KeywordMeta<"maxLength", detail::MetaFor::text, detail::Argument<std::size_t>{n}> max_length{};
template <std::size_t low, std::size_t high>
  requires(low <= high)
inline constexpr detail::PairMeta<std::remove_const_t<decltype(min_length<low>)>, std::remove_const_t<decltype(max_length<high>)>> length{};
/// An ECMA-262 regular expression that some part of the text matches.
template <Text expression>
inline constexpr detail::KeywordMeta<"pattern", detail::MetaFor::text, detail::Argument<decltype(expression)>{expression.data}> pattern{};
/// "email", "uri", "date", "date-time", …; an annotation.
template <Text name>
inline constexpr detail::KeywordMeta<"format", detail::MetaFor::text, detail::Argument<decltype(name)>{name.data}> format{};

/// How many items a list has.
template <std::size_t n>
inline constexpr detail::KeywordMeta<"minItems", detail::MetaFor::list, detail::Argument<std::size_t>{n}> min_items{};
template <std::size_t n>
inline constexpr detail::KeywordMeta<"maxItems", detail::MetaFor::list, detail::Argument<std::size_t>{n}> max_items{};
template <std::size_t low, std::size_t high>
  requires(low <= high)
inline constexpr detail::PairMeta<std::remove_const_t<decltype(min_items<low>)>, std::remove_const_t<decltype(max_items<high>)>> items{};
inline constexpr detail::KeywordMeta<"uniqueItems", detail::MetaFor::list, detail::Argument<bool>{true}> unique_items{};

/// The member's name on the wire, where it is no C++ identifier.
template <Text text>
inline constexpr detail::WireNameMeta<text> wire_name{};
/// Over HTTP, clients of 2026-07-28 repeat the value in the header `Mcp-Param-<name>`, where proxies see it: never a secret.
/// A string, an integer or a boolean, and no list above it.
/// Spec: 2026-07-28 server/tools, x-mcp-header
template <Text name>
inline constexpr detail::KeywordMeta<"x-mcp-header", detail::MetaFor::anything, detail::Argument<decltype(name)>{name.data}> mcp_header{};
/// 64-bit integers may use their whole range; without it they are held to ±(2^53−1), which every JSON reader keeps exact.
inline constexpr detail::FullRangeMeta full_range{};
/// The schema allows null too (std::optional only).
inline constexpr detail::NullableMeta nullable{};
/// Required even though it has an initialiser.
inline constexpr detail::RequiredMeta required{};

template <class T, detail::Argument... items>
class Field;

namespace detail {

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <class T>
struct WithoutOptional {
  using type = T;
};
template <class T>
struct WithoutOptional<std::optional<T>> {
  using type = T;
};

template <class M>
inline constexpr bool kIsDefault = false;
template <Argument A>
inline constexpr bool kIsDefault<DefaultMeta<A>> = true;
template <class M>
inline constexpr bool kIsWireName = false;
template <Text text>
inline constexpr bool kIsWireName<WireNameMeta<text>> = true;

template <class T>
concept TextLike = std::convertible_to<const T&, std::string_view> || requires(const T& value) { typename T::char_type; value.text(); };
template <class T>
concept ListLike = std::is_array_v<T> || (requires(const T& value) { value.begin(); value.end(); } && !std::convertible_to<const T&, std::string_view> &&
                                          !requires { typename T::mapped_type; } && !std::is_same_v<T, json>);

template <class T, class M>
struct CheckMeta {
  using V = typename WithoutOptional<T>::type;
  static_assert(requires { M::meta_for; },
                "sumun: a Field takes texts and items such as range<1, 50>, default_<10>, title<\"…\">, format<\"…\">");
  static constexpr MetaFor kind = [] {
    if constexpr (requires { M::meta_for; }) {
      return M::meta_for;
    } else {
      return MetaFor::anything;
    }
  }();
  static_assert(kind != MetaFor::number || (std::is_arithmetic_v<V> && !std::is_same_v<V, bool>),
                "sumun: minimum, maximum, range and multiple_of are for numbers");
  static_assert(kind != MetaFor::text || TextLike<V>, "sumun: length, pattern and format are for texts");
  static_assert(kind != MetaFor::list || ListLike<V>, "sumun: items and unique_items are for lists");
  static_assert(!std::is_same_v<M, NullableMeta> || kIsOptional<T>, "sumun: nullable is for std::optional");
  static constexpr bool ok = true;
};
template <class T, std::size_t N>
struct CheckMeta<T, Text<N>> {
  static constexpr bool ok = true;
};

// Calls visitor.operator()<M>() with the type of every item.
template <Argument... A, class Visitor>
constexpr void each_meta(Visitor&& visitor) {
  (static_cast<void>(visitor.template operator()<std::remove_cv_t<decltype(A.value)>>()), ...);
}

template <class T>
inline constexpr bool kIsField = false;
template <class T, Argument... A>
inline constexpr bool kIsField<Field<T, A...>> = true;

// The T of Field<T, …>, else the type itself.
template <class T>
struct Unwrapped {
  using type = T;
};
template <class T, Argument... A>
struct Unwrapped<Field<T, A...>> {
  using type = T;
};

template <class T>
struct FieldTraits {
  static constexpr bool full_range = false;
  static constexpr bool nullable = false;
  static constexpr bool required = false;
  static constexpr bool has_default = false;
  static constexpr std::string_view wire_name = {};
};
template <class T, Argument... A>
struct FieldTraits<Field<T, A...>> {
  static constexpr bool full_range = (std::is_same_v<std::remove_cv_t<decltype(A.value)>, FullRangeMeta> || ...);
  static constexpr bool nullable = (std::is_same_v<std::remove_cv_t<decltype(A.value)>, NullableMeta> || ...);
  static constexpr bool required = (std::is_same_v<std::remove_cv_t<decltype(A.value)>, RequiredMeta> || ...);
  static constexpr bool has_default = (kIsDefault<std::remove_cv_t<decltype(A.value)>> || ...);
  static constexpr std::string_view wire_name = [] {
    std::string_view name;
    each_meta<A...>([&]<class M>() {
      if constexpr (kIsWireName<M>) name = M::stored.view();
    });
    return name;
  }();
};

}  // namespace detail

/// A member with what a schema says about it. Holds a T and behaves like it: it converts to and from T, `==` compares the
/// T, `*field` and `field->` reach it (for std::optional, what the optional holds, as it would itself), `field.get()` is the
/// T always. Ranges can be iterated and indexed.
/// Starts as `default_<…>` where one is given, else as T{}.
template <class T, detail::Argument... items>
class Field {
  static_assert((detail::CheckMeta<T, std::remove_cv_t<decltype(items.value)>>::ok && ...));
  static constexpr bool kOptional = detail::kIsOptional<T>;

 public:
  using value_type = T;

  constexpr Field() : value_(initial()) {}
  constexpr Field(T value) : value_(std::move(value)) {}
  template <class U>
    requires(!detail::kIsField<std::remove_cvref_t<U>> && !std::is_same_v<std::remove_cvref_t<U>, T> && std::is_convertible_v<U, T>)
  constexpr Field(U&& value) : value_(std::forward<U>(value)) {}
  template <class U>
    requires std::constructible_from<T, std::initializer_list<U>>
  constexpr Field(std::initializer_list<U> list) : value_(list) {}

  template <class U>
    requires(!detail::kIsField<std::remove_cvref_t<U>> && std::is_assignable_v<T&, U>)
  constexpr Field& operator=(U&& value) {
    value_ = std::forward<U>(value);
    return *this;
  }

  constexpr T& get() & { return value_; }
  constexpr const T& get() const& { return value_; }
  constexpr T&& get() && { return std::move(value_); }

  constexpr operator T&() & { return value_; }
  constexpr operator const T&() const& { return value_; }
  constexpr operator T&&() && { return std::move(value_); }

  constexpr auto& operator*() { return reach(value_); }
  constexpr const auto& operator*() const { return reach(value_); }
  constexpr auto* operator->() { return std::addressof(reach(value_)); }
  constexpr const auto* operator->() const { return std::addressof(reach(value_)); }

  // What std::optional has.
  constexpr explicit operator bool() const
    requires kOptional
  {
    return value_.has_value();
  }
  constexpr bool has_value() const
    requires kOptional
  {
    return value_.has_value();
  }
  constexpr const auto& value() const
    requires kOptional
  {
    return value_.value();
  }
  template <class U>
  constexpr auto value_or(U&& other) const
    requires kOptional
  {
    return value_.value_or(std::forward<U>(other));
  }
  constexpr void reset()
    requires kOptional
  {
    value_.reset();
  }

  // What ranges have.
  constexpr auto begin()
    requires requires(T& t) { t.begin(); }
  {
    return value_.begin();
  }
  constexpr auto end()
    requires requires(T& t) { t.end(); }
  {
    return value_.end();
  }
  constexpr auto begin() const
    requires requires(const T& t) { t.begin(); }
  {
    return value_.begin();
  }
  constexpr auto end() const
    requires requires(const T& t) { t.end(); }
  {
    return value_.end();
  }
  constexpr auto size() const
    requires requires(const T& t) { t.size(); }
  {
    return value_.size();
  }
  constexpr bool empty() const
    requires requires(const T& t) { t.empty(); }
  {
    return value_.empty();
  }
  template <class I>
  constexpr decltype(auto) operator[](I&& index)
    requires requires(T& t) { t[std::forward<I>(index)]; }
  {
    return value_[std::forward<I>(index)];
  }
  template <class I>
  constexpr decltype(auto) operator[](I&& index) const
    requires requires(const T& t) { t[std::forward<I>(index)]; }
  {
    return value_[std::forward<I>(index)];
  }

  friend constexpr bool operator==(const Field& a, const Field& b)
    requires std::equality_comparable<T>
  {
    return a.value_ == b.value_;
  }
  template <class U>
    requires(!detail::kIsField<U> && (std::is_convertible_v<const U&, T> || (std::is_same_v<T, std::string> && std::is_convertible_v<const U&, std::string_view>)))
  friend constexpr bool operator==(const Field& a, const U& b) {
    return a.value_ == b;
  }

 private:
  template <class V>
  static constexpr auto& reach(V& value) {
    if constexpr (kOptional) {
      return *value;
    } else {
      return value;
    }
  }

  static constexpr T initial() {
    if constexpr (detail::FieldTraits<Field>::has_default) {
      T start{};
      detail::each_meta<items...>([&]<class M>() {
        if constexpr (detail::kIsDefault<M>) {
          using V = typename detail::WithoutOptional<T>::type;
          static_assert(requires { V(M::value()); }, "sumun: default_<…> does not fit the type of its Field");
          start = static_cast<V>(M::value());
        }
      });
      return start;
    } else {
      return T{};
    }
  }

  T value_;
};

/// A constant text member: it says which alternative of a std::variant an object is, or marks a wire object.
///     struct Circle { sumun::Tag<"circle"> kind; double radius; };
///     struct Square { sumun::Tag<"square"> kind; double side; };
///     using Shape = std::variant<Circle, Square>;      // {"kind": "circle", "radius": 1.5}
/// Always written, and required when read.
template <Text text>
struct Tag {
  static constexpr auto stored = text;
  static constexpr std::string_view value() { return stored.view(); }
  friend bool operator==(const Tag&, const Tag&) = default;
};

/// What a whole struct means. Either static members of the struct (`static constexpr const char* description = "…";`, and
/// `title`), or, where the struct cannot have them, a specialisation of this with the same members.
template <class T>
struct Describe {};

namespace detail {

template <class T>
inline constexpr bool kIsTag = false;
template <Text text>
inline constexpr bool kIsTag<Tag<text>> = true;

template <class T>
concept StaticDescription = requires {
  { &T::description };
  requires !std::is_member_pointer_v<decltype(&T::description)>;
  { T::description } -> std::convertible_to<std::string_view>;
};
template <class T>
concept StaticTitle = requires {
  { &T::title };
  requires !std::is_member_pointer_v<decltype(&T::title)>;
  { T::title } -> std::convertible_to<std::string_view>;
};

template <class T>
constexpr std::string_view description_of() {
  if constexpr (StaticDescription<Describe<T>>) {
    return Describe<T>::description;
  } else if constexpr (StaticDescription<T>) {
    return T::description;
  } else {
    return {};
  }
}
template <class T>
constexpr std::string_view title_of() {
  if constexpr (StaticTitle<Describe<T>>) {
    return Describe<T>::title;
  } else if constexpr (StaticTitle<T>) {
    return T::title;
  } else {
    return {};
  }
}

}  // namespace detail

/// The name on the wire of T's member number I: `wire_name<"…">` where the member has one, else the member's own name
/// without one trailing underscore (`default_` is "default").
template <class T, std::size_t I>
inline constexpr std::string_view member_wire_name = [] {
  constexpr std::string_view given = detail::FieldTraits<MemberType<T, I>>::wire_name;
  constexpr std::string_view own = member_name<T, I>;
  if (!given.empty()) return given;
  return own.size() > 1 && own.back() == '_' ? own.substr(0, own.size() - 1) : own;
}();

namespace detail {

template <class T>
consteval bool wire_names_differ() {
  return []<std::size_t... I>(std::index_sequence<I...>) {
    const std::string_view names[] = {member_wire_name<T, I>..., std::string_view{}};
    for (std::size_t a = 0; a < sizeof...(I); ++a) {
      for (std::size_t b = a + 1; b < sizeof...(I); ++b) {
        if (names[a] == names[b]) return false;
      }
    }
    return true;
  }(std::make_index_sequence<member_count<T>>{});
}

}  // namespace detail

}  // namespace v0
}  // namespace sumun
