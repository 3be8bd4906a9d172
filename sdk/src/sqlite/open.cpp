// SPDX-License-Identifier: Apache-2.0
// The public way in.
#include "sqlite/sqlite_database.hpp"

#include <sumun/store.hpp>

#include <system_error>
#include <utility>

namespace sumun {
inline namespace v0 {

std::shared_ptr<Store> open_sqlite_store(std::filesystem::path file, StoreOptions options) {
  std::error_code failed;
  auto absolute = std::filesystem::absolute(file, failed);
  if (!failed) file = std::move(absolute);
  auto database = std::make_unique<sqlite::SqliteDatabase>(file, options.wait);
  return store::make_store(std::move(database), std::move(options), file.string() + ".keys");
}

}  // namespace v0
}  // namespace sumun
