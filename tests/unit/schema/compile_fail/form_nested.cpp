// SPDX-License-Identifier: Apache-2.0
// A form with a struct in it.
// EXPECT: a form is a flat struct: every member a std::string, number, bool, enum
#include <sumun/schema.hpp>
struct Inner { int a; };
struct Form { std::string name; Inner inner; };
auto schema = sumun::form_schema_of<Form>();
