// SPDX-License-Identifier: Apache-2.0
// A pointer has no JSON form.
// EXPECT: this type has no JSON form: use bool, an integer
#include <sumun/schema.hpp>
struct Input { int* a; };
auto schema = sumun::schema_of<Input>();
