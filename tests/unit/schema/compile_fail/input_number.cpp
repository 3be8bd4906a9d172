// SPDX-License-Identifier: Apache-2.0
// A tool input that is no object.
// EXPECT: input must be a plain struct
#include <sumun/schema.hpp>
auto schema = sumun::input_schema_of<int>();
