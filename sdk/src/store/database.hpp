// SPDX-License-Identifier: Apache-2.0
// What the store needs of a database. The statements are the same for all; a database says them in its own way.
#pragma once
#include <sumun/result.hpp>
#include <sumun/store.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sumun::store {

/// The version of the tables that this release writes. Tables of the next one can still be used, those after it cannot.
inline constexpr int kSchema = 2;

/// One SQL statement with parameters $1, $2, …; `{now}` is the time by the store's clock in milliseconds since 1970.
/// A connection prepares it once, by its address.
struct Statement {
  const char* sql;
};
using Parameter = std::variant<std::int64_t, std::string_view>;
using Row = std::vector<std::optional<std::string>>;
using Rows = std::vector<Row>;

inline std::int64_t number(const Row& row, std::size_t column) { return row[column] ? std::stoll(*row[column]) : 0; }

/// Thread: one at a time. After an error of code `closed` or `io` it is of no use any more.
/// Errors: closed (the connection, or the file under it, is gone: on a new one it may work), busy (others were in the way:
///         again), timeout (others were in the way for too long), io (everything else; the message names the place).
class Connection {
 public:
  virtual ~Connection() = default;
  virtual Result<Rows> run(const Statement& statement, std::span<const Parameter> parameters) = 0;
  virtual Result<void> begin() = 0;
  /// Durable once it returns.
  virtual Result<void> commit() = 0;
  virtual void rollback() = 0;
  /// The transaction that was begun last, by a name that `has_committed` knows on another connection; empty = one whose
  /// connection is gone has not taken effect.
  virtual std::string transaction() const { return {}; }
  /// Whether a transaction whose connection was lost while it was committed has taken effect.
  virtual Result<bool> has_committed(const std::string&) { return false; }
};

/// `statement` with these parameters.
template <class... P>
Result<Rows> run(Connection& connection, const Statement& statement, const P&... parameters) {
  const std::array<Parameter, sizeof...(P)> list{Parameter(parameters)...};
  return connection.run(statement, list);
}

/// Thread: any.
class Database {
 public:
  virtual ~Database() = default;
  virtual std::string kind() const = 0;
  virtual std::string place() const = 0;
  /// Whether one that cannot be reached is worth waiting for.
  virtual bool comes_back() const = 0;
  /// A connection to tables that can be used. Errors: also invalid_value (tables of a newer release, or none of ours).
  virtual Result<std::unique_ptr<Connection>> connect() = 0;

  // -- for people
  /// The version of the tables and the bytes on disk; makes nothing.
  struct State {
    int schema = 0;
    std::uint64_t bytes = 0;
  };
  virtual Result<State> state() = 0;
  virtual Result<int> migrate() = 0;
  virtual Result<void> backup(const std::filesystem::path& to) = 0;
  /// Gives room back to the system.
  virtual Result<void> compact() = 0;
};

/// `sql` with every {now} said as `now`.
SUMUN_EXPORT std::string with_clock(std::string_view sql, std::string_view now);
/// Tables that this release cannot use; none = it can.
SUMUN_EXPORT std::optional<Error> refusal(const std::string& place, int schema);
/// Makes the folders that are missing, for their owner alone.
SUMUN_EXPORT Result<void> make_private_folder(const std::filesystem::path& folder);

/// The store over a database. `key_file` is where its keys are unless `options` say so; empty = it has none.
SUMUN_EXPORT std::shared_ptr<Store> make_store(std::unique_ptr<Database> database, StoreOptions options, std::filesystem::path key_file);

}  // namespace sumun::store
