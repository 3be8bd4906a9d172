// SPDX-License-Identifier: Apache-2.0
// Times the validation of parsed values, and the compiling of their schemas, with our engine or with valijson.
//
//   schema_driver ours|ours-fill|valijson CASES [--milliseconds N]
//
// CASES: a file [{"name", "schema", "instances": [valid values]}, …]. Prints one JSON object by name:
// {"compile_us", "per_s"} (compiling once; instances a second, taken in turn), or {"refused": why} (also: finds one invalid).
// ours-fill validates with Defaults::fill as a server does: into the same values, filled before the clock starts.
#include <sumun/json.hpp>
#include <sumun/schema.hpp>

#if __has_include(<valijson/validator.hpp>)
#define SUMUN_BENCH_VALIJSON 1
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>
#endif

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

using sumun::json;
using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

/// Seconds that one `work()` takes: repeated until `time` is over, looking at the clock ever more rarely.
template <class Work>
double time_of(Seconds time, Work work) {
  std::size_t done = 0;
  const auto start = Clock::now();
  for (std::size_t batch = 1;; batch = std::min<std::size_t>(batch * 2, 1'024)) {
    for (std::size_t i = 0; i < batch; ++i) work();
    done += batch;
    const Seconds taken = Clock::now() - start;
    if (taken >= time) return taken.count() / static_cast<double>(done);
  }
}

/// Instances taken in turn: so many in one go that the loop around them costs nothing.
constexpr std::size_t kTurn = 64;

template <class Valid>
json figures(double compile, std::vector<json>& instances, Seconds time, Valid valid) {
  std::vector<json*> turn;
  while (turn.size() < kTurn)
    for (auto& instance : instances) turn.push_back(&instance);
  std::size_t invalid = 0;
  const auto work = [&] {
    for (auto* instance : turn) invalid += valid(*instance) ? 0 : 1;
  };
  work();
  if (invalid != 0) return json{{"refused", "finds a valid instance invalid"}};
  const double all = time_of(time, work);
  return json{{"compile_us", compile * 1e6}, {"per_s", static_cast<double>(turn.size()) / all}};
}

json ours(const json& document, std::vector<json>& instances, Seconds time, sumun::Defaults defaults) {
  const auto schema = sumun::Schema::compile(document);
  if (schema.has_error()) return json{{"refused", schema.error().message}};
  const double compile = time_of(time / 4, [&] {
    if (sumun::Schema::compile(document).has_error()) std::exit(1);
  });
  if (defaults == sumun::Defaults::leave) return figures(compile, instances, time, [&](const json& one) { return schema->valid(one); });
  return figures(compile, instances, time, [&](json& one) { return schema->validate(one, defaults).empty(); });
}

#ifdef SUMUN_BENCH_VALIJSON
json theirs(const json& document, std::vector<json>& instances, Seconds time) {
  valijson::Schema schema;
  try {
    valijson::SchemaParser parser;
    parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(document), schema);
  } catch (const std::exception& error) {
    return json{{"refused", error.what()}};
  }
  const double compile = time_of(time / 4, [&] {
    valijson::Schema again;
    valijson::SchemaParser parser;
    parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(document), again);
  });
  valijson::Validator validator;
  return figures(compile, instances, time, [&](const json& one) {
    return validator.validate(schema, valijson::adapters::NlohmannJsonAdapter(one), nullptr);
  });
}
#endif

}  // namespace

int main(int argc, char** argv) {
  const std::string who = argc > 2 ? argv[1] : "";
  Seconds time(0.1);
  if (argc == 5 && std::string(argv[3]) == "--milliseconds") time = Seconds(std::atof(argv[4]) / 1e3);
  if ((who != "ours" && who != "ours-fill" && who != "valijson") || (argc != 3 && argc != 5)) {
    std::fprintf(stderr, "usage: schema_driver ours|ours-fill|valijson CASES [--milliseconds N]\n");
    return 2;
  }
  std::ifstream in(argv[2], std::ios::binary);
  const auto cases = sumun::parse_json(std::string((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>()));
  if (cases.has_error() || !cases->is_array()) {
    std::fprintf(stderr, "schema_driver: %s: not a file of cases\n", argv[2]);
    return 2;
  }
  json out = json::object();
  for (const auto& one : *cases) {
    const auto name = one.value("name", std::string());
    auto instances = one.at("instances").get<std::vector<json>>();
    if (who == "valijson") {
#ifdef SUMUN_BENCH_VALIJSON
      out[name] = theirs(one.at("schema"), instances, time);
#else
      out[name] = json{{"refused", "built without valijson"}};
#endif
    } else {
      const auto defaults = who == "ours-fill" ? sumun::Defaults::fill : sumun::Defaults::leave;
      out[name] = ours(one.at("schema"), instances, time, defaults);
    }
  }
  std::printf("%s\n", sumun::dump_json(out).c_str());
  return 0;
}
