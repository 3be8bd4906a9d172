// SPDX-License-Identifier: Apache-2.0
// What can happen to a store's file, its disk and its server: a clear refusal, nothing lost that was promised, and
// everything as before when the cause is gone.
#include "sqlite/sqlite_database.hpp"
#include "stores.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <latch>
#include <string>
#include <thread>
#include <vector>

using namespace sumun;
using namespace sumun::test;
using gate::Round;

namespace {

namespace fs = std::filesystem;

unsigned mode_of(const fs::path& path) {
  struct ::stat there {};
  REQUIRE(::stat(path.c_str(), &there) == 0);
  return there.st_mode & 07777;
}

struct Sqlite {
  explicit Sqlite(const fs::path& at, milliseconds wait = kStoreWait) : file(at) {
    StoreOptions options;
    options.log = log.sink();
    options.wait = wait;
    store = open_sqlite_store(file, options);
    s = {&store->calls(), &store->tasks()};
  }
  fs::path file;
  Log log;
  std::shared_ptr<Store> store;
  Operations s;
};

void refused(const Result<void>& result) {
  REQUIRE(!result.has_value());
  CHECK(result.error().code == ErrorCode::busy);
  CHECK(result.error().message.find("store") != std::string::npos);
}

// A file system of `size` at `path`; false = this user may not mount.
struct SmallDisk {
  SmallDisk(const fs::path& at, const char* size) : path(at) {
    fs::create_directories(path);
    mounted = ::mount("none", path.c_str(), "tmpfs", 0, (std::string("size=") + size).c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted) ::umount2(path.c_str(), MNT_DETACH);
  }
  fs::path path;
  bool mounted = false;
};

// Whether this process holds a lock on a file, as another process sees it.
bool is_locked(const fs::path& file) {
  const pid_t child = ::fork();
  if (child == 0) {
    const int handle = ::open(file.c_str(), O_RDWR);
    struct ::flock all {};
    all.l_type = F_WRLCK;
    ::_exit(handle >= 0 && ::fcntl(handle, F_GETLK, &all) == 0 && all.l_type != F_UNLCK ? 1 : 0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WEXITSTATUS(status) == 1;
}

}  // namespace

// SQLite answers "busy" without any wait to all but one of those that give a new file its journal.
TEST_CASE("a new file is opened by many at once") {
  TemporaryFolder folder;
  for (int file = 0; file < 40; ++file) {
    CAPTURE(file);
    sqlite::SqliteDatabase database(folder.path / ("store-" + std::to_string(file) + ".db"), kStoreWait);
    std::latch together(6);
    std::array<std::string, 6> faults;
    std::vector<std::thread> threads;
    for (std::string& fault : faults) {
      threads.emplace_back([&] {
        together.arrive_and_wait();
        if (const auto connection = database.connect(); !connection) fault = connection.error().message;
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const std::string& fault : faults) CHECK(fault == "");
  }
}

TEST_CASE("nothing is opened or made before something is kept; then only for its owner") {
  TemporaryFolder folder;
  Sqlite one(folder.path / "state" / "sumun" / "store.db");
  CHECK(!fs::exists(folder.path / "state"));
  CHECK(one.store->summary()->schema == 0);
  CHECK(!fs::exists(folder.path / "state"));
  REQUIRE(one.s.open("c").has_value());
  CHECK(mode_of(folder.path / "state") == 0700);
  CHECK(mode_of(folder.path / "state" / "sumun") == 0700);
  for (const char* suffix : {"", "-wal", "-shm"}) CHECK(mode_of(one.file.string() + suffix) == 0600);
}

TEST_CASE("a file of the release after this one is used as it is, a newer one is refused untouched") {
  TemporaryFolder folder;
  const fs::path file = folder.path / "store.db";
  REQUIRE(Sqlite(file).s.open("c").has_value());
  sqlite_sql(file, "PRAGMA user_version = 3");
  CHECK((Sqlite(file).s.consume("c", 1)->state == Round::State::fresh));
  sqlite_sql(file, "PRAGMA user_version = 4");
  Sqlite newer(file);
  refused(newer.s.open("d"));
  CHECK(newer.log.holds("version 4, this release knows 2"));
  CHECK(newer.store->migrate().error().code == ErrorCode::invalid_value);
}

TEST_CASE("a migration copies the file first and is done by one of those who come at once") {
  TemporaryFolder folder;
  const fs::path file = folder.path / "store.db";
  static constexpr std::array<const char*, 1> first{"CREATE TABLE old (a TEXT); INSERT INTO old VALUES ('kept');"};
  static constexpr std::array<const char*, 2> second{first[0], "CREATE TABLE added (b TEXT); INSERT INTO added VALUES ('once');"};
  REQUIRE(sqlite::SqliteDatabase(file, kStoreWait, first).migrate().value() == 1);
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { good += sqlite::SqliteDatabase(file, kStoreWait, second).migrate().has_value(); });
  for (auto& thread : threads) thread.join();
  CHECK(good == 4);
  auto now = sqlite::SqliteConnection::open(file, kStoreWait);
  CHECK((*now)->integer("SELECT count(*) FROM added").value() == 1);
  CHECK((*now)->integer("SELECT count(*) FROM old").value() == 1);
  CHECK((*now)->integer("PRAGMA user_version").value() == 2);
  REQUIRE(fs::exists(file.string() + ".version-1"));
  CHECK(mode_of(file.string() + ".version-1") == 0600);
  auto copy = sqlite::SqliteConnection::open(file.string() + ".version-1", kStoreWait);
  CHECK((*copy)->integer("SELECT count(*) FROM old").value() == 1);
  CHECK((*copy)->integer("SELECT count(*) FROM sqlite_master").value() == 1);
}

TEST_CASE("a migration that fails changes nothing") {
  TemporaryFolder folder;
  const fs::path file = folder.path / "store.db";
  static constexpr std::array<const char*, 1> first{"CREATE TABLE old (a TEXT);"};
  static constexpr std::array<const char*, 2> broken{first[0], "CREATE TABLE added (b TEXT); CREATE TABLE old (a TEXT);"};
  REQUIRE(sqlite::SqliteDatabase(file, kStoreWait, first).migrate().has_value());
  CHECK(!sqlite::SqliteDatabase(file, kStoreWait, broken).migrate().has_value());
  auto now = sqlite::SqliteConnection::open(file, kStoreWait);
  CHECK((*now)->integer("PRAGMA user_version").value() == 1);
  CHECK((*now)->integer("SELECT count(*) FROM sqlite_master").value() == 1);
}

TEST_CASE("a database of another program is left alone") {
  TemporaryFolder folder;
  const fs::path file = folder.path / "other.db";
  sqlite_sql(file, "CREATE TABLE theirs (a TEXT)");
  Sqlite one(file);
  refused(one.s.open("c"));
  CHECK(one.log.holds("a database of another program"));
  auto now = sqlite::SqliteConnection::open(file, kStoreWait);
  CHECK((*now)->integer("SELECT count(*) FROM sqlite_master").value() == 1);
}

TEST_CASE("a damaged file is refused by name, and the store goes on when it was moved away") {
  TemporaryFolder folder;
  const fs::path file = folder.path / "store.db";
  std::ofstream(file) << std::string(10000, 'x');
  Sqlite one(file);
  refused(one.s.open("c"));
  CHECK(one.log.holds("damaged, or no store at all"));
  CHECK(one.log.holds(file.string()));
  fs::rename(file, folder.path / "moved");
  CHECK(one.s.open("c").has_value());
}

TEST_CASE("a file that is taken away while it is in use is noticed; what comes after is kept in a new one") {
  TemporaryFolder folder;
  Sqlite one(folder.path / "store.db");
  REQUIRE(one.s.open("c").has_value());
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(one.file.string() + suffix);
  CHECK(one.s.open("d").has_value());
  CHECK(one.log.holds("taken away or replaced"));
  Sqlite other(one.file);
  CHECK((other.s.consume("d", 1)->state == Round::State::fresh));
  CHECK(!other.s.consume("c", 1).has_value());
}

// SQLite's locks are a process's: closing any handle of the file ends them. Without them whoever leaves takes the log away.
TEST_CASE("a file that is in use stays locked while others of the same process open it") {
  TemporaryFolder folder;
  sqlite::SqliteDatabase database(folder.path / "store.db", kStoreWait);
  const auto first = database.connect();
  REQUIRE(first.has_value());
  CHECK(is_locked(folder.path / "store.db"));
  const auto second = database.connect();
  REQUIRE(second.has_value());
  CHECK(is_locked(folder.path / "store.db"));
  REQUIRE(database.state().has_value());
  CHECK(is_locked(folder.path / "store.db"));
}

TEST_CASE("a backup is whole while others go on, and is not written over anything") {
  TemporaryFolder folder;
  Sqlite one(folder.path / "store.db");
  REQUIRE(one.s.remember("c", "k", 5).has_value());
  const auto copied = one.store->backup(folder.path / "copy.db");
  REQUIRE_MESSAGE(copied.has_value(), copied.error().message);
  CHECK(mode_of(folder.path / "copy.db") == 0600);
  Sqlite copy(folder.path / "copy.db");
  CHECK(copy.s.recall("c", "k").value().value_or(json()) == json(5));
  CHECK(!one.store->backup(folder.path / "copy.db").has_value());
}

TEST_CASE("another process that holds the file too long is a refusal in time; afterwards all goes on") {
  TemporaryFolder folder;
  Sqlite one(folder.path / "store.db", milliseconds(300));
  REQUIRE(one.s.open("c").has_value());
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open(one.file.c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  const auto start = std::chrono::steady_clock::now();
  std::atomic<int> late{0};
  for (int i = 0; i < 20; ++i) one.s.calls->open("w" + std::to_string(i), [&](const Result<void>& done) { late += !done.has_value(); });
  refused(one.s.open("d"));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
  CHECK(late == 20);
  CHECK(!one.s.recall("c", "k").value().has_value());  // who reads does not wait for who writes
  sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  CHECK((one.s.consume("c", 1)->state == Round::State::fresh));
}

TEST_CASE("a full disk refuses what it cannot keep, keeps what it promised, and goes on when there is room") {
  TemporaryFolder folder;
  SmallDisk disk(folder.path / "disk", "2m");
  if (!disk.mounted) {
    MESSAGE("not tested: this user may not mount a small disk");
    return;
  }
  Sqlite one(disk.path / "store.db");
  REQUIRE(one.s.open("c").has_value());
  REQUIRE((one.s.consume("c", 1)->state == Round::State::fresh));
  REQUIRE(one.s.answer("c", 1, "promised").has_value());
  std::ofstream(disk.path / "ballast") << std::string(4 << 20, 'x');
  Result<void> full;
  int kept = 0;
  for (int i = 0; i < 200 && full; ++i) {
    full = one.s.remember("call " + std::to_string(i), "k", std::string(20'000, 'x'));
    kept += full.has_value();
  }
  refused(full);
  CHECK(one.log.holds("the disk is full"));
  fs::remove(disk.path / "ballast");
  CHECK((one.s.consume("c", 2)->state == Round::State::fresh));
  CHECK(one.s.consume("c", 1)->answer == "promised");
  for (int i = 0; i < kept; ++i) CHECK(one.s.recall("call " + std::to_string(i), "k").value().has_value());
  REQUIRE(one.s.remember("after", "k", 1).has_value());
}

TEST_CASE("a disk that cannot be written is a refusal, and whoever read from it meanwhile keeps nobody from writing later") {
  TemporaryFolder folder;
  SmallDisk disk(folder.path / "disk", "4m");
  if (!disk.mounted) {
    MESSAGE("not tested: this user may not mount a disk");
    return;
  }
  REQUIRE(Sqlite(disk.path / "store.db").s.open("c").has_value());
  REQUIRE(::mount("none", disk.path.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, "size=4m") == 0);
  Sqlite one(disk.path / "store.db");
  static_cast<void>(one.s.recall("c", "k"));
  refused(one.s.open("d"));
  CHECK((one.log.holds("cannot be written") || one.log.holds("readonly") || one.log.holds("read-only") || one.log.holds("unable to open")));
  REQUIRE(::mount("none", disk.path.c_str(), "tmpfs", MS_REMOUNT, "size=4m") == 0);
  CHECK((one.s.consume("c", 1)->state == Round::State::fresh));
}

// ---- PostgreSQL

TEST_CASE("a PostgreSQL database without tables says how to make them; one of a newer release is refused") {
  auto* server = PostgresServer::get();
  if (server == nullptr) return;
  server->sql("DROP SCHEMA IF EXISTS sumun CASCADE");
  Log log;
  StoreOptions options;
  options.log = log.sink();
  auto store = open_postgres_store(server->conninfo(), options);
  const Operations s{&store->calls(), &store->tasks()};
  refused(s.open("c"));
  CHECK(log.holds("sumun store migrate"));
  CHECK(store->summary()->schema == 0);
  CHECK(store->migrate().value() == 2);
  CHECK(store->migrate().value() == 2);
  CHECK(s.open("c").has_value());
  server->sql("UPDATE sumun.schema_version SET version = 4");
  auto newer = open_postgres_store(server->conninfo(), options);
  refused(Operations{&newer->calls(), &newer->tasks()}.open("d"));
  CHECK(log.holds("version 4, this release knows 2"));
}

TEST_CASE("PostgreSQL that is killed and comes back: operations wait for it, none is done twice, none is lost") {
  auto* server = PostgresServer::get();
  if (server == nullptr) return;
  server->sql("DROP SCHEMA IF EXISTS sumun CASCADE");
  Log log;
  StoreOptions options;
  options.log = log.sink();
  options.wait = std::chrono::seconds(30);
  auto store = open_postgres_store(server->conninfo(), options);
  REQUIRE(store->migrate().has_value());
  const Operations s{&store->calls(), &store->tasks()};
  constexpr int kCalls = 300;
  for (int i = 0; i < kCalls; ++i) REQUIRE(s.open("c" + std::to_string(i)).has_value());
  std::atomic<int> answered{0}, fresh{0}, again{0};
  std::thread asking([&] {
    for (int i = 0; i < kCalls; ++i)
      s.calls->consume("c" + std::to_string(i), 1, [&](const Result<Round>& round) {
        fresh += round.has_value() && round->state == Round::State::fresh;
        ++answered;
      });
  });
  CHECK(server->run("kill") == 0);
  asking.join();
  CHECK(server->run("start") == 0);
  store->settle(std::chrono::seconds(40));
  CHECK(answered == kCalls);
  CHECK(fresh == kCalls);  // all waited: the wait is longer than the restart
  for (int i = 0; i < kCalls; ++i) again += s.consume("c" + std::to_string(i), 1)->state == Round::State::running;
  CHECK(again == kCalls);
}

TEST_CASE("PostgreSQL that stays away is a refusal in time, and no reason to start anew") {
  auto* server = PostgresServer::get();
  if (server == nullptr) return;
  server->sql("DROP SCHEMA IF EXISTS sumun CASCADE");
  Log log;
  StoreOptions options;
  options.log = log.sink();
  options.wait = milliseconds(700);
  auto store = open_postgres_store(server->conninfo(), options);
  REQUIRE(store->migrate().has_value());
  const Operations s{&store->calls(), &store->tasks()};
  REQUIRE(s.open("c").has_value());
  CHECK(server->run("kill") == 0);
  const auto start = std::chrono::steady_clock::now();
  refused(s.open("d"));
  CHECK(!s.consume("c", 1).has_value());
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(6));
  CHECK(server->run("start") == 0);
  const auto back = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  Result<Round> round = s.consume("c", 1);
  while (!round && std::chrono::steady_clock::now() < back) round = s.consume("c", 1);
  REQUIRE_MESSAGE(round.has_value(), round.error().message);
  CHECK((round->state == Round::State::fresh));
}

TEST_CASE("a NUL in a name is refused, not cut off") {
  auto* server = PostgresServer::get();
  if (server == nullptr) return;
  server->sql("DROP SCHEMA IF EXISTS sumun CASCADE");
  Log log;
  StoreOptions options;
  options.log = log.sink();
  auto store = open_postgres_store(server->conninfo(), options);
  REQUIRE(store->migrate().has_value());
  const Operations s{&store->calls(), &store->tasks()};
  REQUIRE(s.create("ann", a_task("t")).has_value());
  CHECK(!s.get(std::string("ann\0x", 5), "t").has_value());
  CHECK(s.get("ann", "t").has_value());
}
