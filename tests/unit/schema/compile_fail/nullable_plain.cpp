// SPDX-License-Identifier: Apache-2.0
// nullable without std::optional.
// EXPECT: nullable is for std::optional
#include <sumun/schema.hpp>
struct Input { sumun::Field<int, sumun::nullable> a; };
auto schema = sumun::schema_of<Input>();
