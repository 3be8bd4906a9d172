// SPDX-License-Identifier: Apache-2.0
// A valid value is validated without allocating. Counts the program's own operator new, so it is left out where the
// thread sanitizer brings one that cannot be replaced.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SUMUN_TEST_NO_ALLOCATION_COUNT
#endif
#endif

#ifndef SUMUN_TEST_NO_ALLOCATION_COUNT
#include <sumun/schema.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<std::size_t> allocations = 0;
}

// Not inlined: g++ would see malloc and free where it expects new and delete.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size ? size : 1)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

using namespace sumun;

TEST_CASE("validating a valid value allocates nothing") {
  const auto schema = Schema::compile(json::parse(R"({"type":"object","properties":{
      "a":{"type":"integer","minimum":0},"s":{"type":"string","maxLength":4,"pattern":"^[a-z]+$"},"e":{"enum":["x","y"]},
      "l":{"type":"array","items":{"$ref":"#/$defs/n"},"uniqueItems":true,"contains":{"const":2}},
      "o":{"oneOf":[{"type":"string"},{"type":"object","additionalProperties":false}]},
      "u":{"allOf":[{"$ref":"#/$defs/p"}],"anyOf":[{"properties":{"y":{"type":"string"}}},{"properties":{"z":{}}}],"unevaluatedProperties":false},
      "r":{"$ref":"https://example.org/tree"},
      "d":{"default":1}},"required":["a"],"additionalProperties":false,"$defs":{"n":{"type":"number","multipleOf":0.5},"p":{"properties":{"x":{}}},
      "t":{"$id":"https://example.org/tree","$dynamicAnchor":"t","properties":{"kids":{"items":{"$dynamicRef":"#t"}}},"unevaluatedProperties":false},
      "w":{"$id":"https://example.org/wide","$dynamicAnchor":"t"}}})"));
  REQUIRE(schema.has_value());
  json value = json::parse(R"({"a":1,"s":"éa","e":"x","l":[1,2,2.5],"o":{},"d":3,"u":{"x":1,"y":"s"},"r":{"kids":[{"kids":[]}]}})");
  value["s"] = "abcd";
  const std::size_t before = allocations;
  const bool valid = schema->valid(value);
  const auto found = schema->validate(value, Defaults::fill);
  const std::size_t after = allocations;
  CHECK(valid);
  CHECK(found.empty());
  CHECK(after == before);
}
#endif  // SUMUN_TEST_NO_ALLOCATION_COUNT
