// SPDX-License-Identifier: Apache-2.0
// Bounded waiting for the tests of this folder.
#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <utility>

namespace sumun::test {

inline constexpr std::chrono::seconds kPatience{10};

/// Runs the loop until `done` holds; false = it did not within the patience.
inline bool run_until(boost::asio::io_context& io, const std::function<bool()>& done) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  if (io.stopped()) io.restart();
  const auto work = boost::asio::make_work_guard(io);  // an idle loop waits instead of spinning
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    io.run_one_for(std::chrono::milliseconds(50));
  }
  return true;
}

/// Runs one coroutine to its end and gives what it returned; rethrows what it threw.
template <class T>
T run(boost::asio::io_context& io, boost::asio::awaitable<T> task) {
  std::optional<T> result;
  std::exception_ptr thrown;
  bool ended = false;
  auto keep = [](boost::asio::awaitable<T> inner, std::optional<T>& into) -> boost::asio::awaitable<void> {
    T value = co_await std::move(inner);
    into.emplace(std::move(value));
  };
  boost::asio::co_spawn(io, keep(std::move(task), result), [&](std::exception_ptr failure) {
    thrown = std::move(failure);
    ended = true;
  });
  if (!run_until(io, [&] { return ended; })) throw std::runtime_error("the coroutine did not end");
  if (thrown) std::rethrow_exception(thrown);
  return std::move(*result);
}

}  // namespace sumun::test
