// SPDX-License-Identifier: Apache-2.0
// A struct with a reference.
// EXPECT: must have no reference members
#include <sumun/schema.hpp>
struct Input { int& a; };
auto schema = sumun::schema_of<Input>();
