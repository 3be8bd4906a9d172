// SPDX-License-Identifier: Apache-2.0
// `sumun audit show|verify|export`.
#include "audit.hpp"

#include "commands.hpp"
#include "config.hpp"
#include "console.hpp"
#include "interrupt.hpp"
#include "log.hpp"
#include "store.hpp"

#include <sumun/audit.hpp>
#include <sumun/json.hpp>
#include <sumun/store.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <functional>
#include <iostream>
#include <limits>
#include <map>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

namespace sumun::host {
namespace {

constexpr std::size_t kPage = 1000;                   // records at once
constexpr std::chrono::milliseconds kLook{1000};      // between two looks for new ones
constexpr std::int64_t kLate = 10'000;                // ms by which the clocks and transactions of several writers may differ

using RecordSink = std::function<Result<bool>(const AuditRecord&)>;  // false = enough

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Result<std::shared_ptr<Store>> store_of(const std::filesystem::path& file, const std::filesystem::path& other) {
  const auto config = load_config(file);
  if (!config) return config.error();
  auto store = open_store(choice_of(config->store, other), make_log(config->log_level));
  if (!store) return fail("the configuration keeps nothing: [store] kind is \"memory\"");
  return store;
}

// A writer's records behind `from`, in their order, up to `to`.
Result<void> walk(AuditLog& log, const std::string& writer, std::int64_t from, std::int64_t to, const RecordSink& sink) {
  AuditQuery query;
  query.writer = writer;
  query.limit = kPage;
  for (query.after = from; query.after < to;) {
    const auto page = log.records(query);
    if (!page) return page.error();
    for (const auto& record : *page) {
      if (record.number > to) return {};
      auto more = sink(record);
      if (!more) return more.error();
      if (!*more) return {};
      query.after = record.number;
    }
    if (page->size() < kPage) return {};
  }
  return {};
}

// -- show

void print_record(const AuditRecord& record, Output output) {
  if (output == Output::json) print(dump_json(audit_json(record)) + "\n");
  else print(record_words(record) + "\n");
}

int follow(AuditLog& log, AuditQuery query, const std::vector<AuditRecord>& shown, Output output) {
  std::map<std::string, std::int64_t> last;
  for (const auto& record : shown) last[record.writer] = std::max(last[record.writer], record.number);
  std::int64_t newest = shown.empty() ? now() : shown.back().time;
  if (shown.empty()) query.since = newest;
  query.newest_first = false;
  query.limit = kPage;
  for (const Interrupt interrupt; !interrupt.requested();) {
    const auto page = log.records(query);
    if (!page) return failed(page.error());
    for (const auto& record : *page) {
      if (record.number <= last[record.writer]) continue;
      last[record.writer] = record.number;
      newest = std::max(newest, record.time);
      print_record(record, output);
    }
    // What others commit late stands before what was shown.
    query.since = page->size() < kPage ? std::max(query.since, newest - kLate) : page->back().time;
    if (const auto written = flush_output(); !written) return kFailed;
    for (auto waited = std::chrono::milliseconds(0); page->size() < kPage && waited < kLook && !interrupt.requested(); waited += kLook / 10)
      std::this_thread::sleep_for(kLook / 10);
  }
  return kDone;
}

// -- export files

struct ExportLine {
  std::optional<AuditRecord> record;
  std::optional<AuditMarks> from, end;
};

Result<ExportLine> line_of(const std::string& text) {
  auto value = parse_json(text, {.max_depth = 1100, .max_values = kMaxJsonValues});
  if (!value) return value.error();
  ExportLine line;
  if (value->is_object() && (value->contains("audit") || value->contains("end"))) {
    const bool is_first = value->contains("audit");
    auto marks = marks_from(is_first ? value->value("from", json()) : (*value)["end"]);
    if (!marks) return marks.error();
    (is_first ? line.from : line.end) = *std::move(marks);
    return line;
  }
  auto record = audit_record_from(*std::move(value));
  if (!record) return record.error();
  line.record = *std::move(record);
  return line;
}

// Calls back for each line of a file that is not empty; "-" = standard input.
Result<void> for_each_line(const std::string& name, const std::function<Result<void>(const std::string&)>& take) {
  std::ifstream file;
  if (name != "-") file.open(name, std::ios::binary);
  std::istream& in = name == "-" ? std::cin : file;
  if (!in) return fail(ErrorCode::io, "cannot read " + name);
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    if (auto taken = take(line); !taken) return fail(taken.error().code, (name == "-" ? "standard input" : name) + ":" + std::to_string(number) + ": " + taken.error().message);
  }
  if (in.bad()) return fail(ErrorCode::io, "cannot read " + name);
  return {};
}

// A line that is no record is a fault of the log, not of the reading.
Result<void> verify_file(const std::string& name, AuditCheck& check, std::vector<std::string>& broken) {
  bool ended = false, begun = false;
  auto read = for_each_line(name, [&](const std::string& text) -> Result<void> {
    auto line = line_of(text);
    if (!line) {
      if (broken.size() < kPage) broken.push_back(line.error().message);
      return {};
    }
    if (ended) broken.push_back("there is something behind the last line of the export");
    if (line->from) check.begin(*line->from);
    if (!begun && !line->from) broken.push_back("the first line of the export is missing");
    begun = true;
    if (line->record) check.record(*line->record);
    if (line->end) check.end(*line->end);
    ended = ended || line->end.has_value();
    return {};
  });
  if (!read) return read;
  if (!ended) broken.push_back("the last line of the export is missing: its end was cut off");
  return {};
}

Result<AuditMarks> end_of(const std::string& name) {
  std::optional<AuditMarks> end;
  std::string last;
  if (auto read = for_each_line(name, [&](const std::string& text) -> Result<void> { last = text; return {}; }); !read) return read.error();
  auto line = line_of(last);
  if (line && line->end) end = line->end;
  if (!end) return fail(ErrorCode::invalid_value, name + ": its last line does not say where the export ends");
  return *std::move(end);
}

// -- verify

Result<void> verify_store(AuditLog& log, const std::vector<AuditWriter>& writers, AuditCheck& check) {
  AuditMarks pruned, last;
  for (const auto& one : writers) {
    pruned[one.writer] = one.pruned;
    last[one.writer] = one.last;
  }
  check.begin(pruned);
  check.expect(last);
  for (const auto& one : writers) {
    auto walked = walk(log, one.writer, one.pruned.number, std::numeric_limits<std::int64_t>::max(), [&](const AuditRecord& record) -> Result<bool> {
      check.record(record);
      return true;
    });
    if (!walked) return walked;
  }
  return {};
}

json report_json(const AuditReport& report, const std::vector<std::string>& broken) {
  json faults = json::array();
  for (const auto& one : report.faults) faults.push_back({{"writer", one.writer}, {"number", one.number}, {"what", one.what}});
  for (const auto& one : broken) faults.push_back({{"writer", ""}, {"number", 0}, {"what", one}});
  return {{"records", report.records}, {"writers", report.writers}, {"heads", report.heads}, {"fault_count", report.fault_count + broken.size()}, {"faults", std::move(faults)},
          {"unproved", report.unproved}, {"unproved_since", report.unproved_since}, {"keys", report.keys}, {"notes", report.notes}};
}

std::string counted(std::uint64_t count, const std::string& what) { return std::to_string(count) + " " + what + (count == 1 ? "" : "s"); }

void print_report(const AuditReport& report, const std::vector<std::string>& broken) {
  const std::uint64_t faults = report.fault_count + broken.size();
  print(counted(report.records, "record") + " of " + counted(report.writers, "writer") + ", " + counted(report.heads, "head") + ": " + (faults == 0 ? "nothing was changed" : counted(faults, "fault")) + "\n");
  for (const auto& one : report.faults)
    print("  " + (one.writer.empty() ? "" : one.writer + (one.number > 0 ? ", record " + std::to_string(one.number) : "") + ": ") + one.what + "\n");
  for (const auto& one : broken) print("  " + one + "\n");
  if (report.fault_count > report.faults.size()) print("  and " + std::to_string(report.fault_count - report.faults.size()) + " more\n");
  if (report.unproved > 0) print("the tail of " + counted(report.unproved, "record") + " since " + time_words(report.unproved_since) + " is not proved by a head\n");
  for (const auto& one : report.keys) print("heads are signed with " + one + "\n");
  for (const auto& one : report.notes) print("note: " + one + "\n");
}

// -- export

Error io_error(const std::string& what) { return fail(ErrorCode::io, what + ": " + std::generic_category().message(errno)); }

/// Where an export goes: standard output, or a file of its own that is on disk before anything is deleted.
class ExportFile {
 public:
  Result<void> open(const std::filesystem::path& path) {
    path_ = path;
    if (path.empty()) return {};
    handle_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (handle_ < 0) return io_error("cannot create " + path.string());
    return {};
  }
  ~ExportFile() {
    if (handle_ >= 0) ::close(handle_);
  }
  Result<void> write(const json& value) {
    waiting_ += dump_json(value) + "\n";
    return waiting_.size() < 1 * kMiB ? Result<void>() : flush();
  }
  Result<void> close() {
    if (auto flushed = flush(); !flushed) return flushed;
    if (handle_ < 0) return flush_output();
    if (::fsync(handle_) != 0) return io_error("cannot write " + path_.string());
    return {};
  }

 private:
  Result<void> flush() {
    std::string text = std::exchange(waiting_, {});
    if (handle_ < 0) {
      print(text);
      return {};
    }
    for (std::string_view rest = text; !rest.empty();) {
      const ssize_t written = ::write(handle_, rest.data(), rest.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return io_error("cannot write " + path_.string());
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }
  std::filesystem::path path_;
  std::string waiting_;
  int handle_ = -1;
};

std::string own_name() {
  const passwd* user = ::getpwuid(::getuid());
  return "local:" + (user != nullptr ? std::string(user->pw_name) : std::to_string(::getuid()));
}

Result<json> export_to(ExportFile& file, AuditLog& log, std::int64_t until, bool prune) {
  const auto writers = log.writers();
  if (!writers) return writers.error();
  AuditMarks from, end;
  for (const auto& one : *writers)
    if (one.pruned.number > 0) from[one.writer] = one.pruned;
  if (auto written = file.write({{"audit", 1}, {"from", marks_json(from)}}); !written) return written.error();
  std::uint64_t records = 0;
  std::vector<std::string> exported;
  for (const auto& one : *writers) {
    AuditMark at = one.pruned;
    auto walked = walk(log, one.writer, one.pruned.number, one.last.number, [&](const AuditRecord& record) -> Result<bool> {
      if (until != 0 && record.time >= until) return false;
      if (auto written = file.write(audit_json(record)); !written) return written.error();
      at = {record.number, record.hash};
      ++records;
      return true;
    });
    if (!walked) return walked.error();
    if (at.number > 0) end[one.writer] = at;
    if (at.number > one.pruned.number) exported.push_back(one.writer);
  }
  if (auto written = file.write({{"end", marks_json(end)}, {"records", records}}); !written) return written.error();
  if (auto closed = file.close(); !closed) return closed.error();
  for (const auto& writer : exported) {
    if (!prune) break;
    const AuditMark at = end[writer];
    if (auto done = log.prune(writer, at, own_name()); !done) return done.error();
  }
  return json{{"records", records}, {"writers", exported.size()}, {"pruned", prune ? records : 0}};
}

}  // namespace

int run(const AuditShowCommand& command) {
  const std::int64_t moment = now();
  AuditQuery query;
  for (const auto& [said, time] : {std::pair(&command.since, &query.since), std::pair(&command.until, &query.until)}) {
    if (said->empty()) continue;
    const auto read = time_of(*said, moment);
    if (!read) return wrong_usage(read.error().message);
    *time = *read;
  }
  query.call = command.call;
  query.principal = command.principal;
  query.target = command.target;
  query.event = command.event;
  query.limit = command.limit;
  query.newest_first = true;
  const auto store = store_of(command.config, command.store);
  if (!store) return failed(store.error());
  AuditLog log(*store);
  auto records = log.records(query);
  if (!records) return failed(records.error());
  std::reverse(records->begin(), records->end());
  for (const auto& record : *records) print_record(record, command.output);
  if (!command.follow) return kDone;
  return follow(log, query, *records, command.output);
}

int run(const AuditVerifyCommand& command) {
  if (command.file == "-" && command.heads == "-") return wrong_usage("standard input can hold the export or the heads, not both");
  AuditCheck check;
  for (const auto& key : command.keys) check.trust(key);
  if (!command.after.empty()) {
    const auto end = end_of(command.after);
    if (!end) return failed(end.error());
    check.exported(*end);
  }
  std::vector<std::string> broken;
  if (!command.heads.empty()) {
    std::size_t heads = 0;
    auto read = for_each_line(command.heads, [&](const std::string& line) -> Result<void> {
      auto head = head_in(line);
      if (head) check.head(*head);
      else if (head.error().code != ErrorCode::not_found) return head.error();
      heads += head ? 1 : 0;
      return {};
    });
    if (!read) return failed(read.error());
    if (heads == 0) return failed(fail("there is no head in " + command.heads));
  }
  if (!command.file.empty()) {
    if (auto read = verify_file(command.file, check, broken); !read) return failed(read.error());
  } else {
    const auto store = store_of(command.config, command.store);
    if (!store) return failed(store.error());
    // Nodes that share a database have keys of their own.
    const auto summary = (*store)->summary();
    if (!summary) return failed(summary.error());
    if (command.keys.empty() && summary->kind == "sqlite") {
      const auto key = (*store)->audit_key();
      if (!key) return failed(key.error());
      if (!key->empty()) check.trust(*key);
    }
    AuditLog log(*store);
    const auto writers = log.writers();
    if (!writers) return failed(writers.error());
    if (command.heads.empty()) {
      const auto heads = log.heads();
      if (!heads) return failed(heads.error());
      for (const auto& head : *heads) check.head(head);
      if (!heads->empty()) tell("these heads are the store's own; only heads that were kept elsewhere prove anything against who can write to it (--head)");
    }
    if (auto walked = verify_store(log, *writers, check); !walked) return failed(walked.error());
  }
  const AuditReport report = check.report();
  if (command.output == Output::json) print_json(report_json(report, broken));
  else print_report(report, broken);
  return report.fault_count == 0 && broken.empty() ? kDone : kFailed;
}

int run(const AuditExportCommand& command) {
  if (command.prune && command.to.empty()) return wrong_usage("--prune deletes what was exported: it goes with --output FILE");
  std::int64_t until = 0;
  if (!command.until.empty()) {
    const auto read = time_of(command.until, now());
    if (!read) return wrong_usage(read.error().message);
    until = *read;
  }
  const auto store = store_of(command.config, command.store);
  if (!store) return failed(store.error());
  AuditLog log(*store);
  ExportFile file;
  if (auto opened = file.open(command.to); !opened) return failed(opened.error());
  const auto done = export_to(file, log, until, command.prune);
  if (!done) return failed(done.error());
  if (command.to.empty()) return kDone;
  if (command.output == Output::json) print_json(*done);
  else print(counted((*done)["records"], "record") + " of " + counted((*done)["writers"], "writer") + " exported" + (command.prune ? ", and deleted here" : "") + "\n");
  return kDone;
}

}  // namespace sumun::host
