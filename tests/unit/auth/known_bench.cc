// SPDX-License-Identifier: Apache-2.0
// What the check of a credential costs: a JWT seen before (one thread and two), a static token, a JWT seen for the first time.
#include "support.hpp"

#include <cstdio>
#include <ctime>
#include <thread>
#include <vector>

using namespace sumun;
using namespace sumun::test;

namespace {

// Of the thread's own time: what else the machine does is not counted.
template <class F>
double microseconds(int times, F once) {
  const auto now = [] {
    timespec at{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return static_cast<double>(at.tv_sec) * 1e6 + static_cast<double>(at.tv_nsec) / 1e3;
  };
  const double start = now();
  for (int i = 0; i < times; ++i) once();
  return (now() - start) / times;
}

}  // namespace

int main() {
  const std::string secret = new_token();
  Service service([&](AuthOptions& options) { options.tokens = {{.name = "ci", .hash = hash_token(secret)}}; });
  constexpr int kTimes = 1'000'000;
  for (const TestKey* key : {&TestKey::p256(), &TestKey::rsa(), &TestKey::ed25519()}) {
    const char* kid = key == &TestKey::p256() ? "k1" : key == &TestKey::rsa() ? "r1" : "e1";
    const std::string header = "Bearer " + key->sign({{"typ", "at+jwt"}, {"kid", kid}}, service.claims());
    const Credentials credentials{"POST", "/mcp", header, {}};
    if (words(service.ask(credentials)) != "alice") return 1;
    std::size_t decided = 0;
    const double one = microseconds(kTimes, [&] { decided += service.server->known(credentials).has_value(); });
    if (decided != kTimes) return 1;
    double two = 0;
    {
      std::jthread other([&] { microseconds(kTimes, [&] { service.server->known(credentials); }); });
      two = microseconds(kTimes, [&] { service.server->known(credentials); });
    }
    std::vector<std::string> fresh;
    for (int i = 0; i < 1000; ++i) {
      json claims = service.claims();
      claims["jti"] = i;
      fresh.push_back("Bearer " + key->sign({{"typ", "at+jwt"}, {"kid", kid}}, claims));
    }
    std::size_t next = 0;
    const double first =
        microseconds(static_cast<int>(fresh.size()), [&] { service.ask({"POST", "/mcp", fresh[next++], {}}); });
    std::printf("%s, %zu bytes: known %.2f us, on two threads at once %.2f us; for the first time %.1f us\n",
                std::string(auth::name_of(key->algorithm)).c_str(), header.size(), one, two, first);
  }
  const std::string header = "Bearer " + secret;
  std::printf("static token: %.2f us\n", microseconds(kTimes, [&] { service.server->known({"POST", "/mcp", header, {}}); }));
}
