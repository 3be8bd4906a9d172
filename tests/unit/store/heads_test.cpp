// SPDX-License-Identifier: Apache-2.0
// Signed heads of the audit log: when there is one, what it names, and what it proves of a database that somebody edited.
#include "gate/audit_head.hpp"
#include "sqlite/sqlite_database.hpp"
#include "store/heads.hpp"
#include "store/key_file.hpp"
#include "stores.hpp"

#include <sumun/json.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <fstream>

using namespace sumun;
using namespace sumun::test;

namespace {

std::vector<AuditHead> heads_in(const std::filesystem::path& file) {
  std::vector<AuditHead> heads;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) heads.push_back(audit_head_from(parse_json(line).value()).value());
  return heads;
}

void append(Store& store, int count) {
  for (int i = 0; i < count; ++i) store.ledger().append({{{"event", "call"}, {"target", "tool " + std::to_string(i)}}});
}

AuditReport verified(const std::shared_ptr<Store>& store, const std::vector<AuditHead>& heads) {
  AuditCheck check;
  AuditLog log(store);
  for (const auto& head : heads) check.head(head);
  AuditMarks pruned;
  const auto writers = log.writers();
  REQUIRE(writers.has_value());
  for (const auto& one : *writers) pruned[one.writer] = one.pruned;
  check.begin(pruned);
  for (const auto& one : *writers) {
    AuditQuery query;
    query.writer = one.writer;
    for (const auto& record : log.records(query).value()) check.record(record);
  }
  return check.report();
}

struct Heads {
  TemporaryFolder folder;
  Log log;
  StoreOptions options() {
    StoreOptions made;
    made.log = log.sink();
    made.audit_key_file = folder.path / "audit.key";
    made.head_file = folder.path / "heads.jsonl";
    return made;
  }
  std::vector<AuditHead> all() const { return heads_in(folder.path / "heads.jsonl"); }
};

}  // namespace

TEST_CASE("a store that is closed signs what it has written, in its log, in a file and in itself") {
  for (const auto& place : durable_places()) {
    CAPTURE(place->name());
    Heads heads;
    std::string writer;
    {
      const auto store = place->another(heads.options());
      CHECK(store->audit_key().value() == "");
      writer = store->ledger().host();
      append(*store, 3);
    }
    const auto made = heads.all();
    REQUIRE(made.size() == 1);
    CHECK(gate::is_genuine(made[0]));
    CHECK(made[0].writers.at(writer).number == 3);
    CHECK(heads.log.holds("audit head " + dump_json(audit_json(made[0]))));
    struct ::stat there {};
    REQUIRE(::stat((heads.folder.path / "audit.key").c_str(), &there) == 0);
    CHECK((there.st_mode & 07777) == 0600);

    const auto store = place->another(heads.options());
    CHECK(AuditLog(store).heads().value() == made);
    CHECK(store->audit_key().value() == made[0].key);
    const auto report = verified(store, made);
    CHECK(report.fault_count == 0);
    CHECK(report.unproved == 0);
  }
}

TEST_CASE("a store that has written nothing signs nothing, and each head goes on from the one before") {
  for (const auto& place : durable_places()) {
    CAPTURE(place->name());
    Heads heads;
    {
      const auto store = place->another(heads.options());
      CHECK(AuditLog(store).records({}).has_value());
    }
    CHECK(heads.all().empty());
    CHECK_FALSE(std::filesystem::exists(heads.folder.path / "audit.key"));
    for (int i = 0; i < 2; ++i) append(*place->another(heads.options()), i + 1);
    const auto made = heads.all();
    REQUIRE(made.size() == 2);
    CHECK(made[0].writers.size() == 1);
    CHECK(made[1].writers.size() == 1);
    CHECK(made[0].key == made[1].key);
    CHECK(made[0].writers.begin()->first != made[1].writers.begin()->first);
  }
}

TEST_CASE("what a process wrote that ended without a head is signed by another, when it was heard of no more") {
  for (const auto& place : durable_places()) {
    CAPTURE(place->name());
    Heads heads;
    REQUIRE(AuditLog(place->another()).records({}).has_value());  // the tables are there
    place->sql("INSERT INTO audit_writers (id, number, time, hash, pruned, pruned_hash, signed_to) VALUES "
               "('gone', 7, 1000, '" + std::string(64, 'a') + "', 0, '" + std::string(64, '0') + "', 2), "
               "('signed', 7, 1000, '" + std::string(64, 'b') + "', 0, '" + std::string(64, '0') + "', 7), "
               "('living', 7, 99999999999999, '" + std::string(64, 'c') + "', 0, '" + std::string(64, '0') + "', 0)");
    append(*place->another(heads.options()), 1);
    const auto made = heads.all();
    REQUIRE(made.size() == 1);
    CHECK(made[0].writers.size() == 2);
    CHECK(made[0].writers.at("gone").number == 7);
  }
}

TEST_CASE("of a process's heads the file has all, and the store the last") {
  Heads heads;
  const auto options = heads.options();
  const auto engine = std::make_shared<store::Engine>(std::make_unique<sqlite::SqliteDatabase>(heads.folder.path / "s.db", kStoreWait), options.log, kStoreWait);
  const auto maker = std::make_shared<store::HeadMaker>(options.audit_key_file, options.head_file);
  store::Journal journal("w");
  const auto write = [&](store::Engine::Work work) {
    auto done = wait_for<void>([&](auto tell) {
      auto all = [&journal, work, tell](store::Connection& connection) -> Result<store::Engine::After> {
        journal.begin();
        auto after = work(connection);
        if (!after) return after.error();
        return store::Engine::After([after = *after, tell] {
          if (after) after();
          tell({});
        });
      };
      engine->write("", all, [tell](const Error& why) { tell(why); });
    });
    REQUIRE(done.has_value());
  };
  std::size_t kept = 0;
  for (int i = 1; i <= 3; ++i) {
    write([&](store::Connection& connection) {
      journal.add({{{"event", "call"}}});
      return maker->make(connection, "w", journal, *engine);
    });
    write([&](store::Connection& connection) -> Result<store::Engine::After> {
      const auto made = maker->make(connection, "w", journal, *engine);  // nothing new
      if (!made) return made.error();
      static constexpr store::Statement kCount{"SELECT count(*) FROM audit_heads"};
      kept = static_cast<std::size_t>(store::number(store::run(connection, kCount)->front(), 0));
      return *made;
    });
    CHECK(kept == 1);
    REQUIRE(heads.all().size() == static_cast<std::size_t>(i));
    CHECK(heads.all().back().writers.at("w").number == i);
  }
  engine->close(kCloseLimit, {});
}

TEST_CASE("without a key that can be used there is no head, and the store goes on") {
  for (const auto& place : durable_places()) {
    CAPTURE(place->name());
    Heads heads;
    std::ofstream(heads.folder.path / "audit.key") << "no key\n";
    std::filesystem::permissions(heads.folder.path / "audit.key", std::filesystem::perms(0600));
    append(*place->another(heads.options()), 2);
    CHECK(heads.all().empty());
    CHECK(heads.log.holds("the audit log has no signed head"));
    CHECK(AuditLog(place->another()).records({}).value().size() == 2);
  }
}

TEST_CASE("what somebody does to the database is found by the chain, or by a head") {
  const struct {
    const char* name;
    const char* sql;   // of the writer w
    const char* want;  // with heads
    bool without;      // found without them too
  } cases[] = {
      {"nothing", "", "", false},
      {"a text changed", "UPDATE audit SET event = replace(event, 'tool 1', 'tool 9') WHERE number = 2", "record 2: it was changed", true},
      {"a time changed", "UPDATE audit SET time = time + 1 WHERE number = 2", "record 2: it was changed", true},
      {"one deleted", "DELETE FROM audit WHERE number = 2", "record 3: record 2 is missing", true},
      {"the last deleted", "DELETE FROM audit WHERE number = 4", "record 4: it is missing, and the head of", false},
      {"all deleted", "DELETE FROM audit", "record 4: it is missing, and the head of", false},
      {"the writer deleted", "DELETE FROM audit; DELETE FROM audit_writers", "record 4: it is missing, and the head of", false},
      {"cut as if it were pruned", "DELETE FROM audit WHERE number < 3; UPDATE audit_writers SET pruned = 2, pruned_hash = (SELECT previous FROM audit WHERE number = 3)",
       "nothing proves that they were deleted rightly", true},
  };
  for (const auto& place : durable_places()) {
    CAPTURE(place->name());
    REQUIRE(AuditLog(place->another()).records({}).has_value());  // the tables are there
    for (const auto& one : cases) {
      CAPTURE(std::string(one.name));
      place->sql("DELETE FROM audit; DELETE FROM audit_writers; DELETE FROM audit_heads");
      Heads heads;
      append(*place->another(heads.options()), 4);
      if (*one.sql) place->sql(one.sql);
      const auto words = [&](const AuditReport& report) {
        std::string text;
        for (const auto& fault : report.faults) text += "record " + std::to_string(fault.number) + ": " + fault.what + "\n";
        return text;
      };
      const auto with = words(verified(place->another(), heads.all()));
      CHECK_MESSAGE((*one.want ? with.find(one.want) != std::string::npos : with.empty()), with);
      CHECK(words(verified(place->another(), {})).empty() != one.without);
    }
  }
}

TEST_CASE("the log is cut where somebody says, says so itself, and verifies on both sides of the cut") {
  for (const auto& place : durable_places()) {
    CAPTURE(place->name());
    Heads heads;
    AuditWriter written;
    {
      const auto store = place->another(heads.options());
      append(*store, 5);
      AuditQuery all;
      all.event = "call";
      REQUIRE(AuditLog(store).records(all).value().size() == 5);
      for (const auto& one : AuditLog(store).writers().value())
        if (one.writer == store->ledger().host()) written = one;
    }
    {
      const auto store = place->another(heads.options());
      AuditLog log(store);
      AuditQuery third;
      third.writer = written.writer;
      third.after = 2;
      third.limit = 1;
      const auto record = log.records(third).value().at(0);
      REQUIRE(log.prune(written.writer, {3, record.hash}, "ann").has_value());
      CHECK(log.prune("nobody", {3, record.hash}, "ann").error().code == ErrorCode::not_found);
      AuditQuery said;
      said.event = "prune";
      const auto told = log.records(said).value();
      REQUIRE(told.size() == 1);
      CHECK(told[0].event == json{{"event", "prune"}, {"by", "ann"}, {"writer", written.writer}, {"number", 3}, {"hash", record.hash}});
      const auto report = verified(store, heads.all());
      CHECK(report.fault_count == 1);  // no head covers that record yet
      CHECK(report.records == 3);
      CHECK(report.unproved == 1);
    }
    const auto report = verified(place->another(heads.options()), heads.all());
    CHECK(report.fault_count == 0);
    CHECK(report.unproved == 0);
  }
}
