// SPDX-License-Identifier: Apache-2.0
// The keys that seal requestState: made once for all processes, for their owner alone, rotated without anybody noticing.
#include "base/seal.hpp"
#include "store/key_file.hpp"
#include "stores.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <thread>

using namespace sumun;
using namespace sumun::test;
using store::KeyRing;

namespace {

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  return std::string((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
}

std::string key(char digit) { return std::string(64, digit); }

}  // namespace

TEST_CASE("many who come first at once get one and the same key, which only its owner can read") {
  TemporaryFolder folder;
  const auto file = folder.path / "made" / "store.db.keys";
  std::vector<std::unique_ptr<KeyRing>> rings;
  for (int i = 0; i < 8; ++i) rings.push_back(std::make_unique<KeyRing>("", file));
  std::vector<std::thread> threads;
  std::vector<std::string> sealed(rings.size());
  for (std::size_t i = 0; i < rings.size(); ++i) threads.emplace_back([&, i] { sealed[i] = rings[i]->sealer().value()->seal("plain", "c"); });
  for (auto& thread : threads) thread.join();
  for (const auto& ring : rings)
    for (const auto& one : sealed) CHECK(ring->sealer().value()->open(one, "c").value() == "plain");
  struct ::stat there {};
  REQUIRE(::stat(file.c_str(), &there) == 0);
  CHECK((there.st_mode & 07777) == 0600);
  CHECK(std::distance(std::filesystem::directory_iterator(file.parent_path()), std::filesystem::directory_iterator()) == 1);
}

TEST_CASE("a rotated key seals at once for everybody, and the old one still opens") {
  TemporaryFolder folder;
  const auto file = folder.path / "keys";
  KeyRing one("", file), other("", file);
  const std::string old = one.sealer().value()->seal("old", "c");
  REQUIRE(other.rotate().has_value());
  const std::string fresh = one.sealer().value()->seal("new", "c");
  CHECK(one.sealer().value()->open(old, "c").value() == "old");
  CHECK(other.sealer().value()->open(fresh, "c").value() == "new");
  const std::string text = text_of(file);
  CHECK(std::count(text.begin(), text.end(), '\n') == 2);
}

TEST_CASE("a key goes when nothing that it sealed can be opened any more") {
  TemporaryFolder folder;
  const auto file = folder.path / "keys";
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  const auto life = std::chrono::duration_cast<std::chrono::seconds>(kRequestStateLife).count();
  std::ofstream(file) << key('a') << " " << now - life / 2 << "\n" << key('b') << " " << now - 2 * life << "\n" << key('c') << " " << now - 3 * life << "\n";
  std::filesystem::permissions(file, std::filesystem::perms(0600));
  REQUIRE(KeyRing("", file).rotate().has_value());
  const std::string text = text_of(file);
  CHECK(text.find(key('a')) != std::string::npos);
  CHECK(text.find(key('b')) != std::string::npos);  // it sealed until half a life ago
  CHECK(text.find(key('c')) == std::string::npos);
}

TEST_CASE("given keys win over a file; what is no key is refused without being told") {
  TemporaryFolder folder;
  KeyRing given(key('1') + "\n" + key('2') + "\n", folder.path / "keys");
  KeyRing older(key('2'), {});
  CHECK(given.sealer().value()->open(older.sealer().value()->seal("x", "c"), "c").value() == "x");
  CHECK(!std::filesystem::exists(folder.path / "keys"));
  CHECK(given.rotate().error().code == ErrorCode::unsupported);
  CHECK(KeyRing("", {}).sealer().value() == nullptr);
  CHECK(KeyRing("", {}).rotate().error().code == ErrorCode::unsupported);
  for (const std::string& bad : {std::string("secret"), key('g'), key('1') + "0", std::string("\n\n")}) {
    const auto refused = KeyRing(bad, {}).sealer();
    REQUIRE(!refused.has_value());
    CHECK(refused.error().message.find("secret") == std::string::npos);
  }
}

TEST_CASE("a file of keys that others can read is refused") {
  TemporaryFolder folder;
  const auto file = folder.path / "keys";
  std::ofstream(file) << key('a') << "\n";
  std::filesystem::permissions(file, std::filesystem::perms(0640));
  const auto refused = KeyRing("", file).sealer();
  REQUIRE(!refused.has_value());
  CHECK(refused.error().message.find("chmod 600") != std::string::npos);
}
