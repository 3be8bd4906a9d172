// SPDX-License-Identifier: Apache-2.0
// The log of a store, for those who can wait.
#include "gate/ledger.hpp"

#include <sumun/audit.hpp>
#include <sumun/store.hpp>

#include <future>
#include <memory>
#include <utility>

namespace sumun {
inline namespace v0 {
namespace {

// `ask` calls back exactly once.
template <class T, class Ask>
Result<T> wait_for(Ask ask) {
  auto answer = std::make_shared<std::promise<Result<T>>>();
  ask([answer](Result<T> result) { answer->set_value(std::move(result)); });
  return answer->get_future().get();
}

}  // namespace

AuditLog::AuditLog(std::shared_ptr<Store> store) : store_(std::move(store)) {}

Result<std::vector<AuditRecord>> AuditLog::records(const AuditQuery& query) {
  return wait_for<std::vector<AuditRecord>>([&](auto done) { store_->ledger().records(query, std::move(done)); });
}

Result<std::vector<AuditWriter>> AuditLog::writers() {
  return wait_for<std::vector<AuditWriter>>([&](auto done) { store_->ledger().writers(std::move(done)); });
}

Result<std::vector<AuditHead>> AuditLog::heads() {
  return wait_for<std::vector<AuditHead>>([&](auto done) { store_->ledger().heads(std::move(done)); });
}

Result<void> AuditLog::prune(const std::string& writer, const AuditMark& to, const std::string& by) {
  std::vector<gate::AuditEvent> said{{{"event", "prune"}, {"by", by}, {"writer", writer}, {"number", to.number}, {"hash", to.hash}}};
  return wait_for<void>([&](auto done) { store_->ledger().prune(writer, to.number, std::move(said), std::move(done)); });
}

}  // namespace v0
}  // namespace sumun
