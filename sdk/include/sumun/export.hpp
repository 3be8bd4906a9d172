// SPDX-License-Identifier: Apache-2.0
// What leaves the library: everything else is hidden (CMAKE_CXX_VISIBILITY_PRESET).
#pragma once
#define SUMUN_EXPORT __attribute__((visibility("default")))
