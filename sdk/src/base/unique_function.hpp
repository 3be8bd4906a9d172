// SPDX-License-Identifier: Apache-2.0
// A callable that owns what it captured and need not be copyable (std::move_only_function comes with C++23).
#pragma once
#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace sumun {

template <class Signature>
class UniqueFunction;

/// Empty until given a callable; calling an empty one is a bug.
template <class R, class... Args>
class UniqueFunction<R(Args...)> {
 public:
  UniqueFunction() = default;
  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, UniqueFunction> && std::is_invocable_r_v<R, F&, Args...>)
  UniqueFunction(F&& callable)  // NOLINT(google-explicit-constructor, bugprone-forwarding-reference-overload)
      : target_(std::make_unique<Holder<std::decay_t<F>>>(std::forward<F>(callable))) {}

  R operator()(Args... args) { return target_->call(std::forward<Args>(args)...); }
  explicit operator bool() const noexcept { return target_ != nullptr; }

 private:
  struct Callable {
    virtual ~Callable() = default;
    virtual R call(Args... args) = 0;
  };
  template <class F>
  struct Holder final : Callable {
    explicit Holder(F&& callable) : function(std::move(callable)) {}
    explicit Holder(const F& callable) : function(callable) {}
    R call(Args... args) override { return function(std::forward<Args>(args)...); }
    F function;
  };
  std::unique_ptr<Callable> target_;
};

}  // namespace sumun
