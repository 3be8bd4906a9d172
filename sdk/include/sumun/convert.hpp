// SPDX-License-Identifier: Apache-2.0
// C++ values to JSON and back, from the types alone:
//     bool, integers, float, double, std::string            their JSON
//     enum                                                   its enumerator's name (<sumun/reflect.hpp>)
//     std::optional<T>                                       the T; empty = the member is left out (read: absent or null)
//     std::vector, std::array, T[N], std::set, unordered_set  array
//     std::map<std::string, T>, unordered_map                object
//     a plain struct                                         object of its members; unknown members are ignored when read
//     std::variant                                           the alternative whose sumun::Tag says so, else the first that fits
//     json, std::monostate (null), Field<T, …>, Tag<"…">     as they are
// Anything else by specialising sumun::Convert<T>.
#pragma once
#include <sumun/export.hpp>
#include <sumun/field.hpp>
#include <sumun/reflect.hpp>
#include <sumun/result.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <deque>
#include <limits>
#include <list>
#include <map>
#include <new>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

namespace sumun {
inline namespace v0 {

/// The largest integer that every reader of JSON keeps exact, 2^53 − 1 (RFC 8259, section 6).
inline constexpr std::int64_t kMaxSafeInteger = 9007199254740991;

/// Where in a value the reader is, for its messages: "params.arguments.limit", "items[3].name", `headers["x-y"]`.
/// A chain of frames on the stack: `member` and `item` refer to *this and to the name, which must outlive the result.
class SUMUN_EXPORT DecodePath {
 public:
  DecodePath() = default;
  explicit DecodePath(std::string_view root) : name_(root) {}
  DecodePath member(std::string_view name) const { return DecodePath(this, name, kNoIndex); }
  DecodePath item(std::size_t index) const { return DecodePath(this, {}, index); }
  std::string text() const;

 private:
  static constexpr std::size_t kNoIndex = static_cast<std::size_t>(-1);
  DecodePath(const DecodePath* parent, std::string_view name, std::size_t index) : parent_(parent), name_(name), index_(index) {}

  const DecodePath* parent_ = nullptr;
  std::string_view name_;
  std::size_t index_ = kNoIndex;
};

/// The Error of a value that does not fit: "params.arguments.limit: expected integer, found string \"x\"".
SUMUN_EXPORT Error unexpected(const DecodePath& path, std::string_view expected, const json& found);
/// The Error of a value that has the right type and is still wrong: "params.limit: must be even".
SUMUN_EXPORT Error invalid_value(const DecodePath& path, std::string_view why);

/// The conversion of a type of one's own. Specialise it:
///     template <> struct sumun::Convert<Uuid> {
///       static json encode(const Uuid&);
///       static sumun::Result<Uuid> decode(const json&, const sumun::DecodePath&);   // errors: unexpected(path, "UUID", found)
///       static json schema();                                                       // only where schema_of is used
///     };
template <class T>
struct Convert {};

template <class T>
json encode(const T& value);
template <class T>
  requires(!std::is_lvalue_reference_v<T> && !std::is_const_v<T>)
json encode(T&& value);

namespace detail {

template <class T>
concept HasConvert = requires(const T& value, const json& from, const DecodePath& path) {
  { Convert<T>::encode(value) } -> std::convertible_to<json>;
  { Convert<T>::decode(from, path) } -> std::convertible_to<Result<T>>;
};

template <class T>
inline constexpr bool kIsSequence = false;
template <class T, class A>
inline constexpr bool kIsSequence<std::vector<T, A>> = true;
template <class T, class A>
inline constexpr bool kIsSequence<std::deque<T, A>> = true;
template <class T, class A>
inline constexpr bool kIsSequence<std::list<T, A>> = true;

template <class T>
inline constexpr bool kIsSet = false;
template <class T, class C, class A>
inline constexpr bool kIsSet<std::set<T, C, A>> = true;
template <class T, class H, class E, class A>
inline constexpr bool kIsSet<std::unordered_set<T, H, E, A>> = true;

template <class T>
inline constexpr bool kIsFixedArray = std::is_bounded_array_v<T>;
template <class T, std::size_t N>
inline constexpr bool kIsFixedArray<std::array<T, N>> = true;

template <class T>
inline constexpr bool kIsMap = false;
template <class T, class C, class A>
inline constexpr bool kIsMap<std::map<std::string, T, C, A>> = true;
template <class T, class H, class E, class A>
inline constexpr bool kIsMap<std::unordered_map<std::string, T, H, E, A>> = true;

template <class T>
inline constexpr bool kIsVariant = false;
template <class... T>
inline constexpr bool kIsVariant<std::variant<T...>> = true;

// char, wchar_t and their kin are letters, not numbers.
template <class T>
inline constexpr bool kIsLetter = std::is_same_v<T, char> || std::is_same_v<T, wchar_t> || std::is_same_v<T, char8_t> ||
                                  std::is_same_v<T, char16_t> || std::is_same_v<T, char32_t>;
template <class T>
concept Integer = std::is_integral_v<T> && !std::is_same_v<T, bool> && !kIsLetter<T>;

template <class T>
concept PlainStruct = std::is_class_v<T> && std::is_aggregate_v<T> && !HasConvert<T> && !kIsFixedArray<T> && !kIsField<T> && !kIsTag<T>;

template <class T>
inline constexpr bool kConvertible =
    HasConvert<T> || std::is_same_v<T, bool> || Integer<T> || std::is_same_v<T, float> || std::is_same_v<T, double> ||
    std::is_same_v<T, std::string> || std::is_same_v<T, json> || std::is_same_v<T, std::monostate> || std::is_same_v<T, std::nullptr_t> ||
    std::is_enum_v<T> || kIsOptional<T> || kIsSequence<T> || kIsSet<T> || kIsFixedArray<T> || kIsMap<T> || kIsVariant<T> || kIsField<T> ||
    kIsTag<T> || (std::is_class_v<T> && std::is_aggregate_v<T>);

template <class T>
struct CheckConvertible {
  static_assert(kConvertible<T>,
                "sumun: this type has no JSON form: use bool, an integer, double, std::string, an enum, std::optional, std::vector, "
                "std::array, std::set, std::map<std::string, …>, std::variant, json or a plain struct (all members public, no "
                "constructors, no bases), or specialise sumun::Convert<T>");
  static constexpr bool ok = kConvertible<T>;
};

template <class T>
struct CheckStruct {
  static_assert(wire_names_differ<T>(), "sumun: two members of this struct have the same name on the wire");
  static constexpr bool ok = true;
};

// -- writing

template <class T>
void write(json& out, T&& value);

template <class T>
bool is_left_out(const T& value) {  // an empty optional is no member at all
  if constexpr (kIsOptional<T>) {
    return !value.has_value();
  } else if constexpr (kIsField<T>) {
    return is_left_out(value.get());
  } else {
    return false;
  }
}

// `From` decides whether strings and JSON inside are moved or copied.
template <class From, class M>
constexpr decltype(auto) forward_part(M& part) {
  if constexpr (std::is_lvalue_reference_v<From> || std::is_const_v<M>) {
    return static_cast<const M&>(part);
  } else {
    return static_cast<M&&>(part);
  }
}

template <class T>
void write_items(json& out, T&& list) {
  using L = std::remove_cvref_t<T>;
  out = json::array();
  auto& array = out.template get_ref<json::array_t&>();
  if constexpr (requires { list.size(); }) array.reserve(list.size());
  if constexpr (kIsSet<L> || std::is_same_v<L, std::vector<bool>>) {
    for (const auto& item : list) {
      if constexpr (std::is_same_v<L, std::vector<bool>>) {
        array.emplace_back(static_cast<bool>(item));
      } else {
        write(array.emplace_back(), item);
      }
    }
  } else {
    for (auto& item : list) write(array.emplace_back(), forward_part<T>(item));
  }
}

template <class T>
void write_struct(json& out, T&& object) {
  using S = std::remove_cvref_t<T>;
  static_assert(CheckStruct<S>::ok);
  out = json::object();
  auto& map = out.template get_ref<json::object_t&>();
  visit_members(object, [&]<class... M>(M&... members) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (
          [&] {
            if (!is_left_out(members)) {
              write(map.try_emplace(std::string(member_wire_name<S, I>)).first->second, forward_part<T>(members));
            }
          }(),
          ...);
    }(std::index_sequence_for<M...>{});
  });
}

template <class T>
void write(json& out, T&& value) {
  using V = std::remove_cvref_t<T>;
  if constexpr (HasConvert<V>) {
    out = Convert<V>::encode(value);
  } else if constexpr (kIsField<V>) {
    if constexpr (std::is_lvalue_reference_v<T>) {
      write(out, value.get());
    } else {
      write(out, std::move(value).get());
    }
  } else if constexpr (kIsTag<V>) {
    out = V::value();
  } else if constexpr (std::is_same_v<V, bool> || Integer<V> || std::is_floating_point_v<V> || std::is_same_v<V, std::string> ||
                       std::is_same_v<V, json> || std::is_same_v<V, json::object_t>) {
    out = std::forward<T>(value);
  } else if constexpr (std::is_same_v<V, std::monostate> || std::is_same_v<V, std::nullptr_t>) {
    out = nullptr;
  } else if constexpr (std::is_enum_v<V>) {
    out = enum_name(value);
  } else if constexpr (kIsOptional<V>) {
    if (value) {
      write(out, forward_part<T>(*value));
    } else {
      out = nullptr;
    }
  } else if constexpr (kIsVariant<V>) {
    std::visit([&](auto& alternative) { write(out, forward_part<T>(alternative)); }, value);
  } else if constexpr (kIsMap<V>) {
    out = json::object();
    auto& map = out.template get_ref<json::object_t&>();
    for (auto& [key, item] : value) write(map[key], forward_part<T>(item));
  } else if constexpr (kIsSequence<V> || kIsSet<V> || kIsFixedArray<V>) {
    write_items(out, std::forward<T>(value));
  } else if constexpr (std::is_convertible_v<const V&, std::string_view>) {  // written only: it owns nothing to read into
    out = std::string_view(value);
  } else if constexpr (CheckConvertible<V>::ok) {
    write_struct(out, std::forward<T>(value));
  }
}

// -- which members have a default

struct MemberFacts {
  bool required = true;
  bool has_default = false;
  json default_value = nullptr;  // when has_default
};

// Keeps the compiler from knowing what lies behind `pointer`, so that what was written there stays written.
inline void* launder_bytes(void* pointer) {
  asm volatile("" : "+r"(pointer) : : "memory");
  return pointer;
}

// Whether default-initialising an M leaves its bytes alone, all of which belong to its value.
template <class M>
inline constexpr bool kKeepsBytes = std::is_scalar_v<std::remove_all_extents_t<M>> ||
                                    (std::is_trivially_default_constructible_v<M> && std::has_unique_object_representations_v<M>);

// A T default-initialised over memory that was filled with one byte. Members without an initialiser still hold it.
template <class T>
class Overlaid {
 public:
  explicit Overlaid(unsigned char fill) {
    std::memset(bytes_, fill, sizeof bytes_);
    void* place = launder_bytes(bytes_);
    object_ = ::new (place) T;
    launder_bytes(bytes_);
  }
  ~Overlaid() { object_->~T(); }
  Overlaid(const Overlaid&) = delete;
  Overlaid& operator=(const Overlaid&) = delete;

  const unsigned char* bytes() const { return bytes_; }
  T& object() { return *object_; }

 private:
  alignas(T) unsigned char bytes_[sizeof(T)];
  T* object_;
};

template <class T>
using AllMemberFacts = std::array<MemberFacts, member_count<T>>;

template <class T>
AllMemberFacts<T> find_member_facts() {
  AllMemberFacts<T> facts;
  std::array<bool, member_count<T>> initialised{};
  if constexpr (std::is_default_constructible_v<T>) {
    Overlaid<T> low(0x5A);
    Overlaid<T> high(0xA5);
    std::size_t index = 0;
    for_each_member(low.object(), [&]<class M>(std::string_view, M& member) {
      if constexpr (kKeepsBytes<M>) {
        const auto offset = static_cast<std::size_t>(reinterpret_cast<const unsigned char*>(std::addressof(member)) - low.bytes());
        initialised[index] = std::memcmp(low.bytes() + offset, high.bytes() + offset, sizeof(M)) == 0;
      }
      ++index;
    });
  }
  T start{};
  std::size_t index = 0;
  for_each_member(start, [&]<class M>(std::string_view, M& member) {
    MemberFacts& fact = facts[index];
    using Inner = typename Unwrapped<M>::type;
    json value;
    write(value, static_cast<const M&>(member));
    bool given = initialised[index++] || FieldTraits<M>::has_default;
    if constexpr (!kKeepsBytes<M>) {
      json blank;
      const typename std::conditional_t<kIsField<M>, Unwrapped<M>, std::type_identity<M>>::type plain{};
      write(blank, plain);
      given = given || value != blank;
    }
    fact.has_default = given && !kIsTag<Inner> && !is_left_out(member);
    fact.required = !kIsOptional<Inner> && !fact.has_default;
    if (FieldTraits<M>::required) fact.required = true;
    if (fact.has_default) fact.default_value = std::move(value);
  });
  return facts;
}

/// What is known of T's members: found once, when first asked for.
template <class T>
const AllMemberFacts<T>& member_facts() {
  static const AllMemberFacts<T> facts = find_member_facts<T>();
  return facts;
}

// -- reading. Each function fills `out` and returns true, or sets `error` and returns false. `J` is `json` where its strings
// may be moved out, else `const json`.

SUMUN_EXPORT bool refuse(Error& error, const DecodePath& path, std::string_view expected, const json& found);
SUMUN_EXPORT bool refuse_missing(Error& error, const DecodePath& path);
SUMUN_EXPORT bool refuse_range(Error& error, const DecodePath& path, std::string_view bound, const json& found);
SUMUN_EXPORT bool refuse_name(Error& error, const DecodePath& path, const std::string_view* names, std::size_t count, const json& found);
SUMUN_EXPORT bool refuse_count(Error& error, const DecodePath& path, std::size_t expected, std::size_t found);
// Any JSON number without a fractional part as an integer; `bits` is two's complement.
SUMUN_EXPORT bool read_integer(const json& in, std::int64_t low, std::uint64_t high, std::uint64_t& bits, const DecodePath& path, Error& error);

template <bool Full, class T, class J>
bool read(J& in, T& out, const DecodePath& path, Error& error);

template <class T, bool Full>
struct IntegerBounds {
  static constexpr bool held = sizeof(T) == 8 && !Full;
  static constexpr std::int64_t low =
      std::is_unsigned_v<T> ? 0 : (held ? -kMaxSafeInteger : static_cast<std::int64_t>(std::numeric_limits<T>::min()));
  static constexpr std::uint64_t high =
      held ? static_cast<std::uint64_t>(kMaxSafeInteger) : static_cast<std::uint64_t>(std::numeric_limits<T>::max());
};

template <class T>
inline constexpr std::size_t kTagIndex = [] {  // of the member that is a Tag; member_count where there is none
  if constexpr (PlainStruct<T>) {
    return []<std::size_t... I>(std::index_sequence<I...>) {
      std::size_t found = sizeof...(I);
      ((kIsTag<MemberType<T, I>> && found == sizeof...(I) ? static_cast<void>(found = I) : static_cast<void>(0)), ...);
      return found;
    }(std::make_index_sequence<member_count<T>>{});
  } else {
    return std::size_t{0};
  }
}();

template <class T>
consteval bool is_tagged() {
  if constexpr (PlainStruct<T>) {
    return kTagIndex<T> < member_count<T>;
  } else {
    return false;
  }
}
template <class T>
consteval std::string_view tag_name() {
  if constexpr (is_tagged<T>()) {
    return member_wire_name<T, kTagIndex<T>>;
  } else {
    return {};
  }
}
template <class T>
constexpr std::string_view tag_value() {
  return MemberType<T, kTagIndex<T>>::value();
}
template <class V>
inline constexpr bool kTaggedVariant = false;
template <class First, class... Rest>
inline constexpr bool kTaggedVariant<std::variant<First, Rest...>> =
    is_tagged<First>() && (is_tagged<Rest>() && ...) && ((tag_name<First>() == tag_name<Rest>()) && ...);

// What a T is called in "expected …".
template <class T>
constexpr std::string_view kind_of() {
  if constexpr (HasConvert<T> || std::is_same_v<T, json>) {
    return "a value";
  } else if constexpr (kIsField<T>) {
    return kind_of<typename Unwrapped<T>::type>();
  } else if constexpr (kIsOptional<T>) {
    return kind_of<typename T::value_type>();
  } else if constexpr (std::is_same_v<T, bool>) {
    return "boolean";
  } else if constexpr (Integer<T>) {
    return "integer";
  } else if constexpr (std::is_floating_point_v<T>) {
    return "number";
  } else if constexpr (std::is_same_v<T, std::string> || std::is_enum_v<T> || kIsTag<T>) {
    return "string";
  } else if constexpr (std::is_same_v<T, std::monostate> || std::is_same_v<T, std::nullptr_t>) {
    return "null";
  } else if constexpr (kIsSequence<T> || kIsSet<T> || kIsFixedArray<T>) {
    return "array";
  } else if constexpr (kIsVariant<T> && !kTaggedVariant<T>) {
    return "another value";
  } else {
    return "object";
  }
}

// Whether the JSON has the type that a T is written as.
template <class T>
bool kind_fits(const json& in) {
  constexpr std::string_view kind = kind_of<T>();
  if constexpr (kind == "boolean") return in.is_boolean();
  if constexpr (kind == "integer" || kind == "number") return in.is_number();
  if constexpr (kind == "string") return in.is_string();
  if constexpr (kind == "null") return in.is_null();
  if constexpr (kind == "array") return in.is_array();
  if constexpr (kind == "object") return in.is_object();
  return true;
}

template <bool Full, class T, class J>
bool read_sequence(J& in, T& out, const DecodePath& path, Error& error) {
  if (!in.is_array()) return refuse(error, path, "array", in);
  out.clear();
  if constexpr (requires { out.reserve(std::size_t{}); }) out.reserve(in.size());
  std::size_t index = 0;
  for (auto& item : in) {
    if constexpr (kIsSet<T> || std::is_same_v<T, std::vector<bool>>) {
      typename T::value_type one{};
      if (!read<Full>(item, one, path.item(index), error)) return false;
      if constexpr (kIsSet<T>) {
        out.insert(std::move(one));
      } else {
        out.push_back(one);
      }
    } else {
      out.emplace_back();
      if (!read<Full>(item, out.back(), path.item(index), error)) return false;
    }
    ++index;
  }
  return true;
}

template <bool Full, class T, class J>
bool read_fixed_array(J& in, T& out, const DecodePath& path, Error& error) {
  if (!in.is_array()) return refuse(error, path, "array", in);
  if (in.size() != std::size(out)) return refuse_count(error, path, std::size(out), in.size());
  std::size_t index = 0;
  for (auto& item : in) {
    if (!read<Full>(item, out[index], path.item(index), error)) return false;
    ++index;
  }
  return true;
}

template <bool Full, class T, class J>
bool read_map(J& in, T& out, const DecodePath& path, Error& error) {
  if (!in.is_object()) return refuse(error, path, "object", in);
  if constexpr (std::is_same_v<T, json::object_t>) {
    if constexpr (std::is_const_v<J>) {
      out = in.template get_ref<const json::object_t&>();
    } else {
      out = std::move(in.template get_ref<json::object_t&>());
    }
  } else {
    out.clear();
    for (auto it = in.begin(); it != in.end(); ++it) {
      if (!read<Full>(it.value(), out[it.key()], path.member(it.key()), error)) return false;
    }
  }
  return true;
}

template <class T, std::size_t I, class M, class J>
bool read_member(J& in, M& member, const DecodePath& path, Error& error) {
  constexpr std::string_view name = member_wire_name<T, I>;
  const auto found = in.find(name);
  if (found == in.end()) {
    using Inner = typename Unwrapped<M>::type;
    if constexpr (kIsOptional<Inner> && !FieldTraits<M>::required) return true;
    if (!member_facts<T>()[I].required) return true;  // its default is there already
    return refuse_missing(error, path.member(name));
  }
  return read<false>(*found, member, path.member(name), error);
}

template <class T, class J>
bool read_struct(J& in, T& out, const DecodePath& path, Error& error) {
  static_assert(CheckStruct<T>::ok);
  if (!in.is_object()) return refuse(error, path, "object", in);
  return visit_members(out, [&]<class... M>(M&... members) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return (read_member<T, I>(in, members, path, error) && ...);
    }(std::index_sequence_for<M...>{});
  });
}

// By the tag, which every alternative has under the same name.
template <bool Full, class... T, class J>
bool read_tagged(J& in, std::variant<T...>& out, const DecodePath& path, Error& error) {
  using First = std::tuple_element_t<0, std::tuple<T...>>;
  constexpr std::string_view name = tag_name<First>();
  static constexpr std::array<std::string_view, sizeof...(T)> kNames{tag_value<T>()...};
  if (!in.is_object()) return refuse(error, path, "object", in);
  const auto found = in.find(name);
  if (found == in.end()) return refuse_missing(error, path.member(name));
  if (!found->is_string()) return refuse_name(error, path.member(name), kNames.data(), kNames.size(), *found);
  const auto& tag = found->template get_ref<const std::string&>();
  bool known = false;
  const bool read_it = ([&] {
    if (known || tag != tag_value<T>()) return false;
    known = true;
    return read<Full>(in, out.template emplace<T>(), path, error);
  }() || ...);
  return known ? read_it : refuse_name(error, path.member(name), kNames.data(), kNames.size(), *found);
}

// The first that fits. Copies, because an alternative that fails must leave the JSON as it was.
template <bool Full, class... T, class J>
bool read_first_fit(J& in, std::variant<T...>& out, const DecodePath& path, Error& error) {
  int candidates = 0;  // alternatives of the right JSON type, all of which fail where this function does
  Error last;
  auto attempt = [&]<class A>() {
    if (!kind_fits<A>(in)) return false;
    ++candidates;
    A one{};
    if (!read<Full>(static_cast<const json&>(in), one, path, last)) return false;
    out = std::variant<T...>(std::in_place_type<A>, std::move(one));
    return true;
  };
  if ((attempt.template operator()<T>() || ...)) return true;
  if (candidates == 1) {
    error = std::move(last);
    return false;
  }
  std::string expected;
  ((expected += expected.empty() ? "" : " or ", expected += kind_of<T>()), ...);
  return refuse(error, path, candidates == 0 ? expected : "one of the forms allowed here (" + expected + ")", in);
}

template <bool Full, class T, class J>
bool read(J& in, T& out, const DecodePath& path, Error& error) {
  if constexpr (HasConvert<T>) {
    auto result = Convert<T>::decode(in, path);
    if (result.has_error()) {
      error = std::move(result).error();
      return false;
    }
    out = *std::move(result);
    return true;
  } else if constexpr (kIsField<T>) {
    return read<Full || FieldTraits<T>::full_range>(in, out.get(), path, error);
  } else if constexpr (std::is_same_v<T, json>) {
    if constexpr (std::is_const_v<J>) {
      out = in;
    } else {
      out = std::move(in);
    }
    return true;
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!in.is_boolean()) return refuse(error, path, "boolean", in);
    out = in.template get_ref<const bool&>();
    return true;
  } else if constexpr (Integer<T>) {
    using Bounds = IntegerBounds<T, Full>;
    std::uint64_t bits = 0;
    if (!read_integer(in, Bounds::low, Bounds::high, bits, path, error)) return false;
    out = static_cast<T>(bits);
    return true;
  } else if constexpr (std::is_floating_point_v<T> && CheckConvertible<T>::ok) {
    if (!in.is_number()) return refuse(error, path, "number", in);
    const double number = in.template get<double>();
    if (std::is_same_v<T, float> && std::isfinite(number) && std::abs(number) > static_cast<double>(std::numeric_limits<float>::max())) {
      return refuse_range(error, path, "beyond the range of a 32-bit number", in);
    }
    out = static_cast<T>(number);
    return true;
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!in.is_string()) return refuse(error, path, "string", in);
    if constexpr (std::is_const_v<J>) {
      out = in.template get_ref<const std::string&>();
    } else {
      out = std::move(in.template get_ref<std::string&>());
    }
    return true;
  } else if constexpr (kIsTag<T>) {
    static constexpr std::string_view kName = T::value();
    if (in.is_string() && in.template get_ref<const std::string&>() == kName) return true;
    return refuse_name(error, path, &kName, 1, in);
  } else if constexpr (std::is_same_v<T, std::monostate> || std::is_same_v<T, std::nullptr_t>) {
    return in.is_null() || refuse(error, path, "null", in);
  } else if constexpr (std::is_enum_v<T>) {
    if (in.is_string()) {
      if (const auto value = enum_from_name<T>(in.template get_ref<const std::string&>())) {
        out = *value;
        return true;
      }
    }
    std::vector<std::string_view> names;
    for (const auto& one : enum_values<T>()) names.push_back(one.name);
    return refuse_name(error, path, names.data(), names.size(), in);
  } else if constexpr (kIsOptional<T>) {
    if constexpr (!std::is_same_v<typename T::value_type, json>) {  // a JSON value may itself be null
      if (in.is_null()) {
        out.reset();
        return true;
      }
    }
    return read<Full>(in, out.emplace(), path, error);
  } else if constexpr (kIsVariant<T>) {
    if constexpr (kTaggedVariant<T>) {
      return read_tagged<Full>(in, out, path, error);
    } else {
      return read_first_fit<Full>(in, out, path, error);
    }
  } else if constexpr (kIsMap<T>) {
    return read_map<Full>(in, out, path, error);
  } else if constexpr (kIsSequence<T> || kIsSet<T>) {
    return read_sequence<Full>(in, out, path, error);
  } else if constexpr (kIsFixedArray<T>) {
    return read_fixed_array<Full>(in, out, path, error);
  } else if constexpr (CheckConvertible<T>::ok) {
    return read_struct(in, out, path, error);
  } else {
    return false;
  }
}

template <class T, class J>
Result<T> decode_value(J& in, const DecodePath& path) {
  if constexpr (HasConvert<T>) {
    return Convert<T>::decode(in, path);
  } else {
    T out{};
    Error error;
    if (!read<false>(in, out, path, error)) return error;
    return out;
  }
}

}  // namespace detail

/// The JSON of a value. An rvalue's strings and JSON are moved, not copied. Members that are empty optionals are left out.
template <class T>
json encode(const T& value) {
  json out;
  detail::write(out, value);
  return out;
}
template <class T>
  requires(!std::is_lvalue_reference_v<T> && !std::is_const_v<T>)
json encode(T&& value) {
  json out;
  detail::write(out, std::move(value));
  return out;
}

/// The T that `from` says. `path` is what the caller calls the place that `from` was found at; messages begin with it.
/// Errors: invalid_value, "params.arguments.limit: expected integer, found string \"x\"".
template <class T>
Result<T> decode(const json& from, std::string_view path = {}) {
  return detail::decode_value<T>(from, DecodePath(path));
}
/// Moves strings and JSON out of `from`, which holds unspecified remains afterwards.
template <class T>
Result<T> decode(json&& from, std::string_view path = {}) {
  return detail::decode_value<T>(from, DecodePath(path));
}
/// For use inside Convert<T>::decode.
template <class T>
Result<T> decode(const json& from, const DecodePath& path) {
  return detail::decode_value<T>(from, path);
}

}  // namespace v0
}  // namespace sumun
