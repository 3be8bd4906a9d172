// SPDX-License-Identifier: Apache-2.0
// A move-only function without arguments, run once: what workers are given. Small callables (48 bytes) live
// inside it, so that handing over a call costs no allocation.
#pragma once
#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace sumun {
inline namespace v0 {

/// Owner: whoever holds it; a job that is never run destroys what it captured.
class Job {
 public:
  Job() = default;
  template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, Job> && std::is_invocable_v<std::remove_cvref_t<F>&>)
  Job(F&& call) {  // NOLINT(google-explicit-constructor): a lambda is a job
    using Held = std::remove_cvref_t<F>;
    if constexpr (kFits<Held>) {
      ::new (static_cast<void*>(space_)) Held(std::forward<F>(call));
      table_ = &kInside<Held>;
    } else {
      ::new (static_cast<void*>(space_)) Held*(new Held(std::forward<F>(call)));
      table_ = &kOutside<Held>;
    }
  }
  Job(Job&& other) noexcept { take(other); }
  Job& operator=(Job&& other) noexcept {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  ~Job() { reset(); }

  explicit operator bool() const { return table_ != nullptr; }
  void operator()() { table_->run(space_); }

 private:
  struct Table {
    void (*run)(void*);
    void (*move)(void* to, void* from) noexcept;  // and destroys `from`
    void (*destroy)(void*) noexcept;
  };
  static constexpr std::size_t kSpace = 48;
  template <class F>
  static constexpr bool kFits =
      sizeof(F) <= kSpace && alignof(F) <= alignof(std::max_align_t) && std::is_nothrow_move_constructible_v<F>;
  template <class F>
  static constexpr Table kInside{[](void* at) { (*static_cast<F*>(at))(); },
                                 [](void* to, void* from) noexcept {
                                   ::new (to) F(std::move(*static_cast<F*>(from)));
                                   static_cast<F*>(from)->~F();
                                 },
                                 [](void* at) noexcept { static_cast<F*>(at)->~F(); }};
  template <class F>
  static constexpr Table kOutside{[](void* at) { (**static_cast<F**>(at))(); },
                                  [](void* to, void* from) noexcept { ::new (to) F*(*static_cast<F**>(from)); },
                                  [](void* at) noexcept { delete *static_cast<F**>(at); }};

  void take(Job& other) noexcept {
    table_ = other.table_;
    if (table_ != nullptr) table_->move(space_, other.space_);
    other.table_ = nullptr;
  }
  void reset() noexcept {
    if (table_ != nullptr) table_->destroy(space_);
    table_ = nullptr;
  }

  const Table* table_ = nullptr;
  alignas(std::max_align_t) std::byte space_[kSpace];
};

}  // namespace v0
}  // namespace sumun
