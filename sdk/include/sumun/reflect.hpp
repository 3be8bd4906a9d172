// SPDX-License-Identifier: Apache-2.0
// The members of a plain struct, with their names, and the enumerators of an enum, without macros.
// A name is read from __PRETTY_FUNCTION__ of a template whose argument is a pointer to the member inside an object that
// is declared and never defined; the members come from structured bindings; their number from how many `{}` fit.
#pragma once
#include <array>
#include <bit>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace sumun {
inline namespace v0 {

/// The most members that one struct may have; more go into a nested struct.
inline constexpr std::size_t kMaxMembers = 48;

/// One enumerator: its value, its name on the wire and, for forms, what a person reads.
template <class E>
struct EnumName {
  E value;
  std::string_view name;
  std::string_view title = {};  // empty = none
};

/// The names of an enum. Specialise it where the wire wants others than the enumerators' own, or where values lie outside
/// [-128, 256) and so cannot be found:
///     template <> struct sumun::EnumNames<Color> {
///       static constexpr sumun::EnumName<Color> values[] = {{Color::red, "bright-red", "Bright red"}, …};
///     };
/// or, to look elsewhere:  template <> struct sumun::EnumNames<Port> { static constexpr int min = 8000, max = 8100; };
template <class E>
struct EnumNames {};

namespace detail {

template <class T>
struct Holder {
  T value;
};

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-var-template"
#pragma clang diagnostic ignored "-Wundefined-internal"
#pragma clang diagnostic ignored "-Wenum-constexpr-conversion"  // probing an enum without a fixed underlying type
#endif
// Declared only: its members have addresses that a template argument may name, and nothing ever reads them.
template <class T>
extern const Holder<T> nowhere;

template <auto... values>
consteval std::string_view pretty_values() {
  return __PRETTY_FUNCTION__;
}

consteval bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// The identifier that `text` ends with; empty where it ends with a number (a value that has no enumerator).
consteval std::string_view last_word(std::string_view text) {
  std::size_t begin = text.size();
  while (begin > 0 && is_word(text[begin - 1])) --begin;
  const std::string_view word = text.substr(begin);
  return word.empty() || (word[0] >= '0' && word[0] <= '9') ? std::string_view{} : word;
}

// The inside of `[with auto ...values = {a, b}; …]` (g++) or `[values = <a, b>]` (clang).
consteval std::string_view pretty_list(std::string_view text) {
  const std::size_t begin = text.find("values = ") + 10;
  int depth = 0;
  std::size_t end = begin;
  for (; end < text.size(); ++end) {
    const char c = text[end];
    if (c == '<' || c == '{' || c == '(' || c == '[') ++depth;
    if (c == '>' || c == '}' || c == ')' || c == ']') {
      if (depth == 0) break;
      --depth;
    }
  }
  return text.substr(begin, end - begin);
}

// `kTakes<T, N>`: T{ {}, {}, … } with N empty initialisers is valid. Each `{}` initialises exactly one member, whatever it
// is, so that neither arrays (brace elision) nor types with greedy constructors upset the count.
template <class T, std::size_t N>
inline constexpr bool kTakes = false;
// clang-format off
template <class T> inline constexpr bool kTakes<T, 0> = requires { T{}; };
template <class T> inline constexpr bool kTakes<T, 1> = requires { T{{}}; };
template <class T> inline constexpr bool kTakes<T, 2> = requires { T{{},{}}; };
template <class T> inline constexpr bool kTakes<T, 3> = requires { T{{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 4> = requires { T{{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 5> = requires { T{{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 6> = requires { T{{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 7> = requires { T{{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 8> = requires { T{{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 9> = requires { T{{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 10> = requires { T{{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 11> = requires { T{{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 12> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 13> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 14> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 15> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 16> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 17> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 18> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 19> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 20> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 21> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 22> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 23> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 24> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 25> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 26> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 27> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 28> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 29> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 30> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 31> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 32> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 33> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 34> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 35> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 36> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 37> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 38> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 39> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 40> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 41> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 42> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 43> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 44> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 45> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 46> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 47> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 48> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
template <class T> inline constexpr bool kTakes<T, 49> = requires { T{{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}}; };
// clang-format on

template <class T, std::size_t Low = 0, std::size_t High = kMaxMembers + 2>
consteval std::size_t count_members() {  // Low fits, High does not
  if constexpr (High - Low <= 1) {
    return Low;
  } else if constexpr (kTakes<T, (Low + High) / 2>) {
    return count_members<T, (Low + High) / 2, High>();
  } else {
    return count_members<T, Low, (Low + High) / 2>();
  }
}

template <class T>
struct AnyBaseOf {
  template <class B>
    requires(std::is_base_of_v<B, T> && !std::is_same_v<B, T>)
  operator B() const;
};

template <class T>
concept HasBase = requires { T{AnyBaseOf<T>{}}; };

// States each rule on its own, so that the first line of a compiler's complaint is the rule that was broken.
template <class T>
struct CheckPlainStruct {
  static_assert(std::is_class_v<T> && !std::is_union_v<T>, "sumun: only the members of a struct can be read");
  static_assert(std::is_aggregate_v<T>,
                "sumun: a struct whose members are read must be a plain aggregate: no constructors, no private or protected "
                "members, no virtual functions");
  static_assert(!std::is_aggregate_v<T> || kTakes<T, 0>,
                "sumun: a struct whose members are read must have no reference members, and every member must be "
                "default-constructible");
  static_assert(!std::is_aggregate_v<T> || !HasBase<T>,
                "sumun: a struct whose members are read must have no base class: make the base a member");
  static constexpr bool counts = std::is_aggregate_v<T> && kTakes<T, 0> && !HasBase<T>;
  static consteval std::size_t count() {
    if constexpr (counts) {
      return count_members<T>();
    } else {
      return 0;
    }
  }
  static constexpr std::size_t found = count();
  static_assert(found <= kMaxMembers,
                "sumun: a struct whose members are read may have at most 48 members: group some in a nested struct");
  static constexpr std::size_t members = found <= kMaxMembers ? found : 0;
};

template <class T>
inline constexpr std::size_t kMembers = CheckPlainStruct<T>::members;

}  // namespace detail

/// Calls `visitor(a, b, c)` with a reference to every member of `object`, in the order of declaration.
template <class T, class Visitor>
constexpr decltype(auto) visit_members(T& object, Visitor&& visitor) {
  using detail::kMembers;
  // clang-format off
  if constexpr (kMembers<std::remove_const_t<T>> == 0) { return visitor(); }
  if constexpr (kMembers<std::remove_const_t<T>> == 1) { auto& [m0] = object; return visitor(m0); }
  if constexpr (kMembers<std::remove_const_t<T>> == 2) { auto& [m0,m1] = object; return visitor(m0,m1); }
  if constexpr (kMembers<std::remove_const_t<T>> == 3) { auto& [m0,m1,m2] = object; return visitor(m0,m1,m2); }
  if constexpr (kMembers<std::remove_const_t<T>> == 4) { auto& [m0,m1,m2,m3] = object; return visitor(m0,m1,m2,m3); }
  if constexpr (kMembers<std::remove_const_t<T>> == 5) { auto& [m0,m1,m2,m3,m4] = object; return visitor(m0,m1,m2,m3,m4); }
  if constexpr (kMembers<std::remove_const_t<T>> == 6) { auto& [m0,m1,m2,m3,m4,m5] = object; return visitor(m0,m1,m2,m3,m4,m5); }
  if constexpr (kMembers<std::remove_const_t<T>> == 7) { auto& [m0,m1,m2,m3,m4,m5,m6] = object; return visitor(m0,m1,m2,m3,m4,m5,m6); }
  if constexpr (kMembers<std::remove_const_t<T>> == 8) { auto& [m0,m1,m2,m3,m4,m5,m6,m7] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7); }
  if constexpr (kMembers<std::remove_const_t<T>> == 9) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8); }
  if constexpr (kMembers<std::remove_const_t<T>> == 10) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9); }
  if constexpr (kMembers<std::remove_const_t<T>> == 11) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10); }
  if constexpr (kMembers<std::remove_const_t<T>> == 12) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11); }
  if constexpr (kMembers<std::remove_const_t<T>> == 13) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12); }
  if constexpr (kMembers<std::remove_const_t<T>> == 14) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13); }
  if constexpr (kMembers<std::remove_const_t<T>> == 15) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14); }
  if constexpr (kMembers<std::remove_const_t<T>> == 16) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15); }
  if constexpr (kMembers<std::remove_const_t<T>> == 17) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16); }
  if constexpr (kMembers<std::remove_const_t<T>> == 18) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17); }
  if constexpr (kMembers<std::remove_const_t<T>> == 19) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18); }
  if constexpr (kMembers<std::remove_const_t<T>> == 20) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19); }
  if constexpr (kMembers<std::remove_const_t<T>> == 21) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20); }
  if constexpr (kMembers<std::remove_const_t<T>> == 22) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21); }
  if constexpr (kMembers<std::remove_const_t<T>> == 23) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22); }
  if constexpr (kMembers<std::remove_const_t<T>> == 24) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23); }
  if constexpr (kMembers<std::remove_const_t<T>> == 25) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24); }
  if constexpr (kMembers<std::remove_const_t<T>> == 26) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25); }
  if constexpr (kMembers<std::remove_const_t<T>> == 27) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26); }
  if constexpr (kMembers<std::remove_const_t<T>> == 28) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27); }
  if constexpr (kMembers<std::remove_const_t<T>> == 29) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28); }
  if constexpr (kMembers<std::remove_const_t<T>> == 30) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29); }
  if constexpr (kMembers<std::remove_const_t<T>> == 31) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30); }
  if constexpr (kMembers<std::remove_const_t<T>> == 32) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31); }
  if constexpr (kMembers<std::remove_const_t<T>> == 33) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32); }
  if constexpr (kMembers<std::remove_const_t<T>> == 34) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33); }
  if constexpr (kMembers<std::remove_const_t<T>> == 35) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34); }
  if constexpr (kMembers<std::remove_const_t<T>> == 36) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35); }
  if constexpr (kMembers<std::remove_const_t<T>> == 37) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35,m36] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35,m36); }
  if constexpr (kMembers<std::remove_const_t<T>> == 38) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35,m36,m37] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35,m36,m37); }
  if constexpr (kMembers<std::remove_const_t<T>> == 39) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35,m36,m37,m38] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35,m36,m37,m38); }
  if constexpr (kMembers<std::remove_const_t<T>> == 40) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35,m36,m37,m38,m39] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35,m36,m37,m38,m39); }
  if constexpr (kMembers<std::remove_const_t<T>> == 41) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35,m36,m37,m38,m39,m40] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35,m36,m37,m38,m39,m40); }
  if constexpr (kMembers<std::remove_const_t<T>> == 42) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35,m36,m37,m38,m39,m40,m41] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35,m36,m37,m38,m39,m40,m41); }
  if constexpr (kMembers<std::remove_const_t<T>> == 43) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35,m36,m37,m38,m39,m40,m41,m42] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35,m36,m37,m38,m39,m40,m41,m42); }
  if constexpr (kMembers<std::remove_const_t<T>> == 44) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35,m36,m37,m38,m39,m40,m41,m42,m43] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35,m36,m37,m38,m39,m40,m41,m42,m43); }
  if constexpr (kMembers<std::remove_const_t<T>> == 45) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35,m36,m37,m38,m39,m40,m41,m42,m43,m44] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35,m36,m37,m38,m39,m40,m41,m42,m43,m44); }
  if constexpr (kMembers<std::remove_const_t<T>> == 46) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35,m36,m37,m38,m39,m40,m41,m42,m43,m44,m45] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35,m36,m37,m38,m39,m40,m41,m42,m43,m44,m45); }
  if constexpr (kMembers<std::remove_const_t<T>> == 47) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35,m36,m37,m38,m39,m40,m41,m42,m43,m44,m45,m46] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35,m36,m37,m38,m39,m40,m41,m42,m43,m44,m45,m46); }
  if constexpr (kMembers<std::remove_const_t<T>> == 48) { auto& [m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35,m36,m37,m38,m39,m40,m41,m42,m43,m44,m45,m46,m47] = object; return visitor(m0,m1,m2,m3,m4,m5,m6,m7,m8,m9,m10,m11,m12,m13,m14,m15,m16,m17,m18,m19,m20,m21,m22,m23,m24,m25,m26,m27,m28,m29,m30,m31,m32,m33,m34,m35,m36,m37,m38,m39,m40,m41,m42,m43,m44,m45,m46,m47); }
  // clang-format on
}

/// How many members T has; a compile-time error that names the rule where T is not a plain aggregate.
template <class T>
inline constexpr std::size_t member_count = detail::kMembers<std::remove_cv_t<T>>;

namespace detail {

struct PointersTo {
  template <class... M>
  constexpr auto operator()(M&... members) const {
    return std::tuple<M*...>(std::addressof(members)...);
  }
};

struct ReferencesTo {
  template <class... M>
  constexpr auto operator()(M&... members) const {
    return std::tuple<M&...>(members...);
  }
};

template <class T, std::size_t I>
consteval std::string_view pretty_member() {
  constexpr auto pointer = std::get<I>(visit_members(nowhere<T>.value, PointersTo{}));
  return last_word(pretty_list(pretty_values<pointer>()).substr(0, pretty_list(pretty_values<pointer>()).find_last_not_of(')') + 1));
}

// Copied, so that the long text it was cut from does not stay in the program.
template <class T, std::size_t I>
struct MemberName {
  static constexpr std::size_t size = pretty_member<T, I>().size();
  static constexpr std::array<char, size + 1> text = [] {
    std::array<char, size + 1> copy{};
    const std::string_view name = pretty_member<T, I>();
    for (std::size_t i = 0; i < size; ++i) copy[i] = name[i];
    return copy;
  }();
};

}  // namespace detail

/// The name of T's member number I, as declared; ends with a NUL.
template <class T, std::size_t I>
inline constexpr std::string_view member_name{detail::MemberName<std::remove_cv_t<T>, I>::text.data(),
                                              detail::MemberName<std::remove_cv_t<T>, I>::size};

/// The type of T's member number I, without const.
template <class T, std::size_t I>
using MemberType = std::remove_cv_t<
    std::remove_reference_t<std::tuple_element_t<I, decltype(visit_members(std::declval<std::remove_cv_t<T>&>(), detail::ReferencesTo{}))>>>;

/// Calls `visitor(name, member)` for every member of `object`, in the order of declaration.
template <class T, class Visitor>
constexpr void for_each_member(T& object, Visitor&& visitor) {
  visit_members(object, [&]<class... M>(M&... members) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (static_cast<void>(visitor(member_name<std::remove_const_t<T>, I>, members)), ...);
    }(std::index_sequence_for<M...>{});
  });
}

/// Calls `visitor.operator()<I>()` for I = 0 … member_count<T> - 1: the members as indices, without an object.
template <class T, class Visitor>
constexpr void for_each_index(Visitor&& visitor) {
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (static_cast<void>(visitor.template operator()<I>()), ...);
  }(std::make_index_sequence<member_count<T>>{});
}

// -- enums

namespace detail {

template <class E>
concept NamedEnum = requires { EnumNames<E>::values; };
template <class E>
concept RangedEnum = requires { EnumNames<E>::min; EnumNames<E>::max; };

// By bit_cast, which may go beyond the enumerators' bits of an enum without a fixed underlying type. A value that the underlying type cannot hold becomes another one; the caller sees that it is not what it asked for.
template <class E, long long V>
inline constexpr E kEnumValue = std::bit_cast<E>(static_cast<std::underlying_type_t<E>>(V));

inline constexpr std::size_t kEnumBatch = 64;

template <class E>
struct FoundEnum {
  E value{};
  std::string_view name = {};  // empty = not an enumerator
};

template <class E, long long First, std::size_t... I>
consteval auto probe_enum(std::index_sequence<I...>) {
  constexpr E values[] = {kEnumValue<E, First + static_cast<long long>(I)>...};
  std::array<FoundEnum<E>, sizeof...(I)> found{};
  const std::string_view list = pretty_list(pretty_values<kEnumValue<E, First + static_cast<long long>(I)>...>());
  std::size_t begin = 0, index = 0;
  int depth = 0;
  for (std::size_t at = 0; at <= list.size(); ++at) {
    const char c = at < list.size() ? list[at] : ',';
    if (c == '<' || c == '{' || c == '(' || c == '[') ++depth;
    if (c == '>' || c == '}' || c == ')' || c == ']') --depth;
    if (c != ',' || depth != 0) continue;
    const auto number = static_cast<long long>(static_cast<std::underlying_type_t<E>>(values[index]));
    if (number == First + static_cast<long long>(index)) found[index] = {values[index], last_word(list.substr(begin, at - begin))};
    begin = at + 1;
    ++index;
  }
  return found;
}

template <class E>
struct ProbedEnum {
  static consteval long long first() {
    if constexpr (RangedEnum<E>) {
      return EnumNames<E>::min;
    } else {
      return -128;
    }
  }
  static consteval long long last() {  // one past
    if constexpr (RangedEnum<E>) {
      return static_cast<long long>(EnumNames<E>::max) + 1;
    } else {
      return 256;
    }
  }
  static constexpr std::size_t batches = (static_cast<std::size_t>(last() - first()) + kEnumBatch - 1) / kEnumBatch;
  static_assert(batches <= 64, "sumun: the range in EnumNames<E> is too wide to look through: list the values in EnumNames<E>::values");

  template <std::size_t... B>
  static consteval auto probe(std::index_sequence<B...>) {
    return std::array<std::array<FoundEnum<E>, kEnumBatch>, sizeof...(B)>{
        probe_enum<E, first() + static_cast<long long>(B * kEnumBatch)>(std::make_index_sequence<kEnumBatch>{})...};
  }
  static constexpr auto probed = probe(std::make_index_sequence<batches>{});

  static consteval std::size_t count() {
    std::size_t n = 0;
    for (const auto& batch : probed) {
      for (const auto& one : batch) n += !one.name.empty();
    }
    return n;
  }
  static consteval std::size_t letters() {
    std::size_t n = 1;
    for (const auto& batch : probed) {
      for (const auto& one : batch) n += one.name.size();
    }
    return n;
  }
  static constexpr std::size_t size = count();

  static consteval auto copy_text() {
    std::array<char, letters()> copy{};
    std::size_t at = 0;
    for (const auto& batch : probed) {
      for (const auto& one : batch) {
        for (char c : one.name) copy[at++] = c;
      }
    }
    return copy;
  }
  static constexpr auto text = copy_text();

  static consteval auto list_values() {
    std::array<EnumName<E>, size == 0 ? 1 : size> list{};
    std::size_t at = 0, letter = 0;
    for (const auto& batch : probed) {
      for (const auto& one : batch) {
        if (one.name.empty()) continue;
        const std::size_t length = one.name.size();
        const bool keyword = length > 1 && one.name.back() == '_';  // `default_` stands for the C++ keyword
        list[at++] = EnumName<E>{one.value, std::string_view{text.data() + letter, keyword ? length - 1 : length}, {}};
        letter += length;
      }
    }
    return list;
  }
  static constexpr auto values = list_values();
};

}  // namespace detail

/// Every enumerator of E with its name on the wire: EnumNames<E>::values, else those found in [-128, 256) or
/// [EnumNames<E>::min, EnumNames<E>::max]. One trailing underscore is dropped from found names (`default_` is "default").
template <class E>
constexpr const auto& enum_values() {
  static_assert(std::is_enum_v<E>, "sumun: enum_values is for enums");
  if constexpr (detail::NamedEnum<E>) {
    return EnumNames<E>::values;
  } else {
    static_assert(detail::ProbedEnum<E>::size > 0,
                  "sumun: no enumerator of this enum lies in [-128, 256): name them by specialising sumun::EnumNames<E>");
    return detail::ProbedEnum<E>::values;
  }
}

/// The name of a value; empty where it has none.
template <class E>
constexpr std::string_view enum_name(E value) {
  for (const auto& one : enum_values<E>()) {
    if (one.value == value) return one.name;
  }
  return {};
}

/// The value of a name; nothing where no enumerator is called so.
template <class E>
constexpr std::optional<E> enum_from_name(std::string_view name) {
  for (const auto& one : enum_values<E>()) {
    if (one.name == name) return one.value;
  }
  return std::nullopt;
}

#if defined(__clang__)
#pragma clang diagnostic pop
#endif

}  // namespace v0
}  // namespace sumun
