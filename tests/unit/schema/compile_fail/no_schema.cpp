// SPDX-License-Identifier: Apache-2.0
// A conversion of one's own without a schema.
// EXPECT: a schema needs `static json schema()
#include <sumun/schema.hpp>
class Uuid { int a = 0; };
template <>
struct sumun::Convert<Uuid> {
  static json encode(const Uuid&);
  static Result<Uuid> decode(const json&, const DecodePath&);
};
struct Input { Uuid id; };
auto schema = sumun::schema_of<Input>();
