// SPDX-License-Identifier: Apache-2.0
// A server for the tests of the store, which kill it.
//
//   store_probe serve STORE EFFECTS   serves over HTTP; STORE is a file, or libpq's words; tools append to EFFECTS
//   store_probe migrate STORE         makes its tables
#include <sumun/http.hpp>
#include <sumun/server.hpp>
#include <sumun/store.hpp>
#include <sumun/sumun.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

namespace {

struct Trip {
  std::string city;
};
struct Consent {
  bool agreed;
};
struct Seconds {
  double seconds;
};

std::shared_ptr<sumun::Store> open(const std::string& where) {
  sumun::StoreOptions options;
  const bool postgres = where.find('=') != std::string::npos;
  if (const char* keys = std::getenv("STORE_KEY_FILE")) options.key_file = keys;
  return postgres ? sumun::open_postgres_store(where, options) : sumun::open_sqlite_store(where, options);
}

void note(const std::string& file, const std::string& line) {
  std::ofstream(file, std::ios::app) << line + "\n" << std::flush;
}

sumun::awaitable<sumun::Result<std::string>> reserve(std::string effects, Trip trip, sumun::Call& call) {
  auto take_seat = [&] {
    note(effects, "seat for " + trip.city);
    return std::string("12A");
  };
  auto seat = co_await call.async_once("seat", take_seat);
  if (!seat) co_return std::move(seat).error();
  auto consent = co_await call.async_elicit<Consent>("Reserve " + *seat + "?");
  if (!consent) co_return std::move(consent).error();
  note(effects, "reserved " + trip.city + " " + *seat);
  co_return "reserved " + *seat;
}

int serve(const std::string& where, const std::string& effects) {
  sumun::ServerOptions options;
  options.store = open(where);
  sumun::Server server{"store-probe", "1", std::move(options)};
  server.tool("book", "Books", [effects](Trip trip, sumun::Call& call) -> sumun::Result<std::string> {
    auto seat = call.once("seat", [&] {
      note(effects, "seat for " + trip.city);
      return std::string("12A");
    });
    if (!seat) return std::move(seat).error();
    auto first = call.elicit<Consent>("Go to " + trip.city + "?");
    if (!first) return std::move(first).error();
    auto second = call.elicit<Consent>("Seat " + *seat + "?");
    if (!second) return std::move(second).error();
    note(effects, "booked " + trip.city + " " + *seat);
    if (trip.city == "slow") std::this_thread::sleep_for(std::chrono::seconds(60));
    return "booked " + trip.city + " " + *seat;
  }, {.effects = sumun::writes});
  server.tool("reserve", "Reserves", [effects](Trip trip, sumun::Call& call) { return reserve(effects, std::move(trip), call); },
              {.effects = sumun::writes});
  server.tool("work", "Works", [](Seconds in, sumun::Call& call) -> sumun::Result<std::string> {
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(in.seconds);
    while (std::chrono::steady_clock::now() < end && !call.cancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return std::string("worked");
  }, {.effects = sumun::reads, .task = sumun::TaskSupport::required});
  return sumun::serve_http(server);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4 && std::string_view(argv[1]) == "serve") return serve(argv[2], argv[3]);
  if (argc == 3 && std::string_view(argv[1]) == "migrate") return open(argv[2])->migrate().has_value() ? 0 : 1;
  std::fputs("usage: store_probe serve STORE EFFECTS | migrate STORE\n", stderr);
  return 2;
}
