// SPDX-License-Identifier: Apache-2.0
// How an ordinary C++ function becomes a handler: its parameter gives the input, its return type the output, and a
// coroutine is told from a plain function by what it returns.
//
//   shapes of a handler:   R f()   R f(In)   R f(Call&)   R f(In, Call&)
//   R:                     T | Result<T> | void | awaitable<any of them>
#pragma once
#include <sumun/call.hpp>
#include <sumun/convert.hpp>
#include <sumun/json.hpp>
#include <sumun/schema.hpp>
#include <sumun/types.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace sumun {
inline namespace v0 {

/// A handler behind one type: gets its validated input and gives the result R of the method (CallToolResult,
/// ReadResourceResult, GetPromptResult, CompleteResult) in the shape of the newest revision.
template <class R>
using PlainHandler = std::function<Result<R>(json input, Call& call)>;
template <class R>
using CoroutineHandler = std::function<awaitable<Result<R>>(json input, Call& call)>;
template <class R>
using Handler = std::variant<PlainHandler<R>, CoroutineHandler<R>>;

namespace detail {

template <class T>
inline constexpr bool always_false = false;

template <class T>
struct IsAwaitable : std::false_type {};
template <class T>
struct IsAwaitable<awaitable<T>> : std::true_type {};
template <class T>
struct AwaitedType {
  using type = T;
};
template <class T>
struct AwaitedType<awaitable<T>> {
  using type = T;
};

// What a handler's output is taken for: a literal or a view is a text.
template <class T>
struct OutputType {
  using type = T;
};
template <class T>
  requires(std::is_convertible_v<T, std::string_view> && !std::is_same_v<T, json>)
struct OutputType<T> {
  using type = std::string;
};

// The parameters of a callable that is not overloaded.
template <class... P>
struct Parameters {};
template <class F>
struct SignatureOf {};
template <class F>
  requires requires { &F::operator(); }
struct SignatureOf<F> : SignatureOf<decltype(&F::operator())> {};
template <class R, class... P>
struct SignatureOf<R(P...)> {
  using Returned = R;
  using List = Parameters<P...>;
};
template <class R, class... P>
struct SignatureOf<R (*)(P...)> : SignatureOf<R(P...)> {};
template <class C, class R, class... P>
struct SignatureOf<R (C::*)(P...)> : SignatureOf<R(P...)> {};
template <class C, class R, class... P>
struct SignatureOf<R (C::*)(P...) const> : SignatureOf<R(P...)> {};
template <class C, class R, class... P>
struct SignatureOf<R (C::*)(P...) noexcept> : SignatureOf<R(P...)> {};
template <class C, class R, class... P>
struct SignatureOf<R (C::*)(P...) const noexcept> : SignatureOf<R(P...)> {};
template <class R, class... P>
struct SignatureOf<R (*)(P...) noexcept> : SignatureOf<R(P...)> {};

template <class F>
concept HasOneSignature = requires { typename SignatureOf<std::decay_t<F>>::Returned; } && !std::is_member_pointer_v<std::decay_t<F>>;

using NoInput = std::monostate;  // the input of a handler that takes none

template <class List>
struct Shape {
  static_assert(always_false<List>,
                "sumun: a handler takes (), (Input), (Call&) or (Input, Call&); Input by value or const reference, Call by reference");
  using Input = NoInput;  // so that this is the only error
  static constexpr bool takes_input = false, takes_call = false;
};
template <>
struct Shape<Parameters<>> {
  using Input = NoInput;
  static constexpr bool takes_input = false, takes_call = false;
};
template <>
struct Shape<Parameters<Call&>> {
  using Input = NoInput;
  static constexpr bool takes_input = false, takes_call = true;
};
template <class In>
  requires(!std::is_same_v<std::decay_t<In>, Call>)
struct Shape<Parameters<In>> {
  using Input = std::decay_t<In>;
  static_assert(!std::is_lvalue_reference_v<In> || std::is_const_v<std::remove_reference_t<In>>,
                "sumun: a handler takes its input by value or const reference");
  static constexpr bool takes_input = true, takes_call = false;
};
template <class In>
  requires(!std::is_same_v<std::decay_t<In>, Call>)
struct Shape<Parameters<In, Call&>> {
  using Input = std::decay_t<In>;
  static_assert(!std::is_lvalue_reference_v<In> || std::is_const_v<std::remove_reference_t<In>>,
                "sumun: a handler takes its input by value or const reference");
  static constexpr bool takes_input = true, takes_call = true;
};

template <class F>
struct HandlerTraits {
  static_assert(HasOneSignature<F>,
                "sumun: a handler is a function, a lambda without auto parameters, or an object with one operator()");
  using Signature = SignatureOf<std::conditional_t<HasOneSignature<F>, std::decay_t<F>, void (*)()>>;
  using List = typename Signature::List;
  using Input = typename Shape<List>::Input;
  using Returned = typename Signature::Returned;                       // as written
  static constexpr bool is_coroutine = IsAwaitable<Returned>::value;
  using Awaited = typename AwaitedType<Returned>::type;                // without awaitable<>
  using Output = typename OutputType<typename ResultValue<Awaited>::type>::type;  // without Result<>
};

template <class F, class In>
decltype(auto) invoke_shape(F& f, In&& input, Call& call) {
  using S = Shape<typename HandlerTraits<F>::List>;
  if constexpr (S::takes_input && S::takes_call) return f(std::forward<In>(input), call);
  else if constexpr (S::takes_input) return f(std::forward<In>(input));
  else if constexpr (S::takes_call) return f(call);
  else return f();
}

template <class In>
Result<In> read_input(json input) {
  if constexpr (std::is_same_v<In, NoInput>) return NoInput{};  // the schema has seen to it that there is nothing
  else if constexpr (std::is_same_v<In, json>) return input;
  else return decode<In>(std::move(input), "arguments");
}


// Calls a plain handler and turns its output into the method's result with `convert`.
template <class F, class R, class Convert>
Result<R> call_plain(F& f, json input, Call& call, Convert convert) {
  using Traits = HandlerTraits<F>;
  auto in = read_input<typename Traits::Input>(std::move(input));
  if (!in) return std::move(in).error();
  if constexpr (std::is_void_v<typename Traits::Returned>) {
    invoke_shape(f, *std::move(in), call);
    return convert();
  } else if constexpr (ResultValue<typename Traits::Returned>::wrapped) {
    auto out = invoke_shape(f, *std::move(in), call);
    if (!out) return std::move(out).error();
    if constexpr (std::is_void_v<typename Traits::Output>) return convert();
    else return convert(*std::move(out));
  } else {
    return convert(invoke_shape(f, *std::move(in), call));
  }
}

template <class F, class R, class Convert>
awaitable<Result<R>> call_coroutine(std::shared_ptr<F> f, json input, Call& call, Convert convert) {
  using Traits = HandlerTraits<F>;
  auto in = read_input<typename Traits::Input>(std::move(input));
  if (!in) co_return std::move(in).error();
  typename Traits::Returned task = invoke_shape(*f, *std::move(in), call);
  if constexpr (std::is_void_v<typename Traits::Awaited>) {
    co_await std::move(task);
    co_return convert();
  } else if constexpr (ResultValue<typename Traits::Awaited>::wrapped) {
    auto out = co_await std::move(task);
    if (!out) co_return std::move(out).error();
    if constexpr (std::is_void_v<typename Traits::Output>) co_return convert();
    else co_return convert(*std::move(out));
  } else {
    auto out = co_await std::move(task);
    co_return convert(std::move(out));
  }
}

/// Makes a Handler<R> of `f`; `convert` turns its output (or nothing, for void) into R.
template <class R, class F, class Convert>
Handler<R> make_handler(F f, Convert convert) {
  auto kept = std::make_shared<F>(std::move(f));
  if constexpr (HandlerTraits<F>::is_coroutine) {
    return CoroutineHandler<R>([kept, convert](json input, Call& call) {
      return call_coroutine<F, R, Convert>(kept, std::move(input), call, convert);
    });
  } else {
    return PlainHandler<R>(
        [kept, convert](json input, Call& call) { return call_plain<F, R, Convert>(*kept, std::move(input), call, convert); });
  }
}

}  // namespace detail

/// A failure of a tool, thrown: its text reaches the model as it is. Any other exception is masked.
class SUMUN_EXPORT ToolError : public ErrorException {
 public:
  explicit ToolError(std::string message) : ErrorException(fail(std::move(message))) {}
};

/// How a tool's output becomes a result: what is a result already goes as it is; content goes as content; any other
/// value is structured content with a rendering as text beside it.
template <class T>
CallToolResult to_tool_result(T value) {
  if constexpr (std::is_same_v<T, CallToolResult>) {
    return value;
  } else if constexpr (!std::is_same_v<T, typename detail::OutputType<T>::type>) {
    return to_tool_result(std::string(std::string_view(value)));
  } else if constexpr (std::is_same_v<T, ContentBlock>) {
    CallToolResult result;
    result.content.push_back(std::move(value));
    return result;
  } else if constexpr (std::is_same_v<T, std::vector<ContentBlock>>) {
    CallToolResult result;
    result.content = std::move(value);
    return result;
  } else if constexpr (std::is_constructible_v<ContentBlock, T> && !std::is_same_v<T, std::string>) {
    CallToolResult result;
    result.content.push_back(ContentBlock(std::move(value)));
    return result;
  } else {
    CallToolResult result;
    json structured = encode(value);
    TextContent text;
    text.text = structured.is_string() ? structured.template get<std::string>() : dump_json(structured);
    result.content.push_back(ContentBlock(std::move(text)));
    result.structuredContent = std::move(structured);
    return result;
  }
}
inline CallToolResult to_tool_result() { return CallToolResult{}; }

/// Whether a tool that returns T declares an outputSchema.
template <class T>
inline constexpr bool has_structured_output =
    !std::is_void_v<T> && !std::is_same_v<T, CallToolResult> && !std::is_same_v<T, json> &&
    !std::is_same_v<T, std::vector<ContentBlock>> && (std::is_same_v<T, std::string> || !std::is_constructible_v<ContentBlock, T>);

}  // namespace v0
}  // namespace sumun
