// SPDX-License-Identifier: Apache-2.0
// The signed heads of a store's audit log: made now and then, kept in the store, said in its log, appended to a file.
#pragma once
#include "store/engine.hpp"
#include "store/ledger.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace sumun::store {

/// Thread: that of the engine which writes.
class HeadMaker : public std::enable_shared_from_this<HeadMaker> {
 public:
  /// `key_file` is made when the first head is; empty = there are no heads. Nothing is appended where `head_file` is empty.
  HeadMaker(std::filesystem::path key_file, std::filesystem::path head_file);

  /// Whether kAuditHeadInterval is over since the last time.
  bool is_due() const;
  /// One for what `writer` has written since its last head, this transaction included, and for others that wrote and were
  /// heard of no more: they ended without one. None where there is no such thing.
  Result<Engine::After> make(Connection& connection, const std::string& writer, Journal& journal, Engine& engine);
  /// Empty = there is no key yet.
  Result<std::string> key() const;

 private:
  const std::filesystem::path key_file_, head_file_;
  Engine::Clock::time_point made_ = Engine::Clock::now();
  std::string replaceable_;  // the last head that names this process alone
  std::int64_t replaceable_time_ = 0;
};

}  // namespace sumun::store
