// SPDX-License-Identifier: Apache-2.0
// A length on a number.
// EXPECT: length, pattern and format are for texts
#include <sumun/schema.hpp>
struct Input { sumun::Field<int, sumun::length<1, 5>> a; };
auto schema = sumun::schema_of<Input>();
