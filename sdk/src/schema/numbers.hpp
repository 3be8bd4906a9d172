// SPDX-License-Identifier: Apache-2.0
// JSON numbers compared and divided exactly, whatever they are stored as, and a total order of JSON values built on it.
#pragma once
#include <nlohmann/json.hpp>

namespace sumun::schema {

/// Whether a number has no fractional part: 1.0 is an integer (2020-12 validation, section 6.1.1).
bool is_integral(const nlohmann::json& number);

/// −1, 0 or 1: the order of two numbers by value.
int compare_numbers(const nlohmann::json& a, const nlohmann::json& b);

/// Whether `value` is a whole multiple of `step` > 0, as the decimal numbers that both were written as (0.07 is one of 0.01).
bool is_multiple(const nlohmann::json& value, const nlohmann::json& step);

/// −1, 0 or 1: an order in which equal means what JSON Schema calls equal (core, section 4.2.2: 1 equals 1.0).
int compare_values(const nlohmann::json& a, const nlohmann::json& b);

}  // namespace sumun::schema
