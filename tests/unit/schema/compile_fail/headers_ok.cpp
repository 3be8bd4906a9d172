// SPDX-License-Identifier: Apache-2.0
// What the other files here do wrong, done right: the flags and paths that they are compiled with do compile.
#include <sumun/schema.hpp>
struct Input {
  int a;
  sumun::Field<int, "how many", sumun::range<1, 5>, sumun::default_<2>> b;
};
auto schema = sumun::schema_of<Input>();
auto value = sumun::decode<Input>(sumun::json());
